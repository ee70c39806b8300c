package aerostat.vmm.image.verify;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.BasicValue;
import org.objectweb.asm.tree.analysis.BasicVerifier;

/**
 * Checks the shapes of stack and locals as the JVM's verifier does, with all references alike:
 * after erasure they are all long. Tells apart what erasure must tell apart: null, and an object
 * between {@code new} and its constructor.
 */
public final class CodeValues extends BasicVerifier {
  /** The constant null. */
  public static final BasicValue NULL = new NullValue();

  private static final class NullValue extends BasicValue {
    NullValue() {
      super(BasicValue.REFERENCE_VALUE.getType());
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other == this;
    }

    @Override
    public int hashCode() {
      return 1;
    }
  }

  /** An object whose constructor has not run. */
  public static final class NewValue extends BasicValue {
    private final TypeInsnNode origin;

    NewValue(TypeInsnNode origin) {
      super(Type.getObjectType(origin.desc));
      this.origin = origin;
    }

    @Override
    public boolean isReference() {
      return false;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof NewValue v && v.origin == origin;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(origin);
    }
  }

  CodeValues() {
    super(Opcodes.ASM9);
  }

  @Override
  public BasicValue newOperation(AbstractInsnNode insn) throws AnalyzerException {
    if (insn.getOpcode() == Opcodes.ACONST_NULL) {
      return NULL;
    }
    if (insn.getOpcode() == Opcodes.NEW) {
      return new NewValue((TypeInsnNode) insn);
    }
    return super.newOperation(insn);
  }

  @Override
  public BasicValue copyOperation(AbstractInsnNode insn, BasicValue value)
      throws AnalyzerException {
    if (value instanceof NewValue && insn.getOpcode() != Opcodes.DUP) {
      throw new AnalyzerException(insn, "an object is used before its constructor has run");
    }
    return super.copyOperation(insn, value);
  }

  @Override
  public @Nullable BasicValue naryOperation(
      AbstractInsnNode insn, List<? extends BasicValue> values) throws AnalyzerException {
    if (insn instanceof MethodInsnNode call && call.name.equals("<init>")) {
      Type[] arguments = Type.getArgumentTypes(call.desc);
      if (!(values.get(0) instanceof NewValue v)
          || !v.origin.desc.equals(call.owner)
          || values.size() != arguments.length + 1) {
        throw new AnalyzerException(insn, "a constructor is called on something else than new");
      }
      for (int i = 0; i < arguments.length; i++) {
        if (!isSubTypeOf(values.get(i + 1), newParameterValue(false, i, arguments[i]))) {
          throw new AnalyzerException(insn, "wrong argument of a constructor");
        }
      }
      return null;
    }
    return super.naryOperation(insn, values);
  }

  @Override
  protected boolean isSubTypeOf(BasicValue value, BasicValue expected) {
    return isPlainReference(expected) ? isPlainReference(value) : value.equals(expected);
  }

  @Override
  public BasicValue merge(BasicValue a, BasicValue b) {
    if (a.equals(b)) {
      return a;
    }
    return isPlainReference(a) && isPlainReference(b)
        ? BasicValue.REFERENCE_VALUE
        : BasicValue.UNINITIALIZED_VALUE;
  }

  private static boolean isPlainReference(BasicValue value) {
    return value == NULL || value.equals(BasicValue.REFERENCE_VALUE);
  }
}
