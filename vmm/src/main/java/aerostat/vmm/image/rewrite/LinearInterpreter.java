package aerostat.vmm.image.rewrite;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.VarInsnNode;
import org.objectweb.asm.tree.analysis.Interpreter;

/** Computes with {@link Linear}, for one pass over straight code. */
final class LinearInterpreter extends Interpreter<Linear> {
  /** In a frame: this local still is what it was at the beginning. */
  static final Linear UNTOUCHED = Linear.unknown(0);

  LinearInterpreter() {
    super(Opcodes.ASM9);
  }

  private static Linear unknown(Type type) {
    return Linear.unknown(type.getSize());
  }

  @Override
  public Linear newValue(@Nullable Type type) {
    return Linear.unknown(type == null ? 1 : Math.max(1, type.getSize()));
  }

  @Override
  public Linear newOperation(AbstractInsnNode n) {
    int op = n.getOpcode();
    if (op >= Opcodes.ICONST_M1 && op <= Opcodes.ICONST_5) {
      return Linear.constant(1, op - Opcodes.ICONST_0);
    }
    if (op == Opcodes.LCONST_0 || op == Opcodes.LCONST_1) {
      return Linear.constant(2, op - Opcodes.LCONST_0);
    }
    if (n instanceof IntInsnNode i) {
      return Linear.constant(1, i.operand);
    }
    if (n instanceof LdcInsnNode ldc && ldc.cst instanceof Long l) {
      return Linear.constant(2, l);
    }
    if (n instanceof LdcInsnNode ldc && ldc.cst instanceof Integer i) {
      return Linear.constant(1, i);
    }
    boolean wide =
        op == Opcodes.DCONST_0
            || op == Opcodes.DCONST_1
            || (n instanceof LdcInsnNode ldc && ldc.cst instanceof Double);
    return Linear.unknown(wide ? 2 : 1);
  }

  @Override
  public Linear copyOperation(AbstractInsnNode n, Linear value) {
    if (value == UNTOUCHED && n instanceof VarInsnNode load) {
      return switch (n.getOpcode()) {
        case Opcodes.ILOAD -> Linear.local('I', load.var);
        case Opcodes.LLOAD -> Linear.local('J', load.var);
        default -> Linear.unknown(n.getOpcode() == Opcodes.DLOAD ? 2 : 1);
      };
    }
    return value;
  }

  @Override
  public Linear unaryOperation(AbstractInsnNode n, Linear value) {
    return switch (n.getOpcode()) {
      case Opcodes.I2L -> value.widened();
      case Opcodes.LNEG -> value.times(-1);
      case Opcodes.F2L, Opcodes.D2L, Opcodes.I2D, Opcodes.L2D, Opcodes.F2D, Opcodes.DNEG ->
          Linear.unknown(2);
      default -> Linear.unknown(1);
    };
  }

  @Override
  public Linear binaryOperation(AbstractInsnNode n, Linear a, Linear b) {
    return switch (n.getOpcode()) {
      case Opcodes.LADD -> a.plus(b, 1);
      case Opcodes.LSUB -> a.plus(b, -1);
      case Opcodes.LMUL ->
          b.isConstant()
              ? a.times(b.constant())
              : a.isConstant() ? b.times(a.constant()) : Linear.unknown(2);
      case Opcodes.LSHL -> b.isConstant() ? a.times(1L << (b.constant() & 63)) : Linear.unknown(2);
      case Opcodes.LCMP, Opcodes.FCMPL, Opcodes.FCMPG, Opcodes.DCMPL, Opcodes.DCMPG ->
          Linear.unknown(1);
      default -> Linear.unknown(Math.max(a.size(), 1));
    };
  }

  @Override
  public Linear ternaryOperation(AbstractInsnNode n, Linear a, Linear b, Linear c) {
    throw new IllegalArgumentException("guest code has no arrays");
  }

  @Override
  public @Nullable Linear naryOperation(AbstractInsnNode n, List<? extends Linear> values) {
    Type result = Type.getReturnType(((org.objectweb.asm.tree.MethodInsnNode) n).desc);
    return result.getSort() == Type.VOID ? null : unknown(result);
  }

  @Override
  public void returnOperation(AbstractInsnNode n, Linear value, Linear expected) {
    // Loops of straight code do not return.
  }

  @Override
  public Linear merge(Linear a, Linear b) {
    throw new IllegalStateException("straight code does not merge");
  }
}
