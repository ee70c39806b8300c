package aerostat.vmm.image.verify;

import aerostat.vmm.image.GuestImage;
import aerostat.vmm.image.ImageRefusedException;
import aerostat.vmm.image.Rule;
import aerostat.vmm.image.verify.GuestMethod.Role;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.BasicValue;
import org.objectweb.asm.tree.analysis.Frame;
import org.objectweb.asm.tree.analysis.Interpreter;

/** Verifies an image: an allowlist, so what is not known is refused. */
public final class Verifier {
  private final Refusals refusals = new Refusals();

  private Verifier() {}

  /**
   * Verifies.
   *
   * @throws ImageRefusedException with all reasons that were found
   */
  public static VerifiedImage verify(GuestImage image) {
    return new Verifier().run(image);
  }

  private VerifiedImage run(GuestImage image) {
    ImageModel model = new ImageReader(refusals).read(image);
    KernelLayout.check(model, refusals);
    Map<GuestMethod, Frame<BasicValue>[]> frames = new LinkedHashMap<>();
    InstructionCheck check = new InstructionCheck(model, refusals);
    for (GuestClass c : model.classes().values()) {
      for (GuestMethod m : c.methods()) {
        if (m.role() == Role.ABSTRACT || m.role() == Role.CODE) {
          method(model, check, m, frames);
        }
      }
    }
    refusals.throwIfAny();
    return new VerifiedImage(model, frames);
  }

  private void method(
      ImageModel model,
      InstructionCheck check,
      GuestMethod m,
      Map<GuestMethod, Frame<BasicValue>[]> frames) {
    int before = refusals.count();
    MethodNode node = m.node();
    if ((node.access & Opcodes.ACC_NATIVE) != 0) {
      refuse(Rule.NO_NATIVE, m, "native method", "use an intrinsic of aerostat.guest.machine");
      return;
    }
    if ((node.access & Opcodes.ACC_SYNCHRONIZED) != 0) {
      refuse(Rule.NO_MONITORS, m, "synchronized method", "use a spinlock or mutex of the kernel");
    }
    if (!m.isStatic() && !m.owner().isType()) {
      refuse(
          Rule.INSTANCE_METHODS,
          m,
          "instance method",
          "make it static, or put it into a pointer or ops record");
    }
    types(model, m);
    if (m.role() == Role.ABSTRACT) {
      return;
    }
    if (node.tryCatchBlocks != null && !node.tryCatchBlocks.isEmpty()) {
      refusals.add(
          Rule.NO_EXCEPTIONS,
          m.owner().name(),
          m.name(),
          Refusals.lineOf(firstCode(node.tryCatchBlocks.get(0).start)),
          "try, catch or finally",
          "return error numbers");
    }
    check.check(m);
    if (refusals.count() == before) {
      Frame<BasicValue>[] analyzed = analyze(m);
      if (analyzed != null && shapesAreFit(m, analyzed)) {
        frames.put(m, analyzed);
      }
    }
  }

  private static AbstractInsnNode firstCode(AbstractInsnNode from) {
    AbstractInsnNode n = from;
    while (n.getOpcode() < 0 && n.getNext() != null) {
      n = n.getNext();
    }
    return n;
  }

  private void types(ImageModel model, GuestMethod m) {
    for (Type t : Type.getArgumentTypes(m.descriptor())) {
      type(model, m, t, "parameter");
    }
    type(model, m, Type.getReturnType(m.descriptor()), "result");
  }

  private void type(ImageModel model, GuestMethod m, Type t, String role) {
    if (t.getSort() == Type.ARRAY) {
      refuse(
          Rule.NO_ARRAYS,
          m,
          role + " of type " + t.getClassName(),
          "keep tables in guest memory, overload instead of varargs");
    } else if (t.getSort() == Type.OBJECT && !InstructionCheck.isType(model, t.getInternalName())) {
      refuse(
          Rule.TYPES,
          m,
          role + " of type " + t.getClassName(),
          "use primitives, pointers, ops and constant strings");
    }
  }

  private void refuse(Rule rule, GuestMethod m, String what, String instead) {
    refusals.add(rule, m.owner().name(), m.name(), m.line(), what, instead);
  }

  private Frame<BasicValue> @Nullable [] analyze(GuestMethod m) {
    try {
      return new FrameAnalyzer(new CodeValues()).analyze(m.owner().name(), m.node());
    } catch (AnalyzerException e) {
      refusals.add(
          Rule.VERIFICATION,
          m.owner().name(),
          m.name(),
          e.node == null ? m.line() : Refusals.lineOf(e.node),
          "the code does not verify: " + e.getMessage(),
          "compile it with javac");
    } catch (RuntimeException e) {
      refuse(Rule.VERIFICATION, m, "the code does not verify: " + e, "compile it with javac");
    }
    return null;
  }

  /** What the analysis itself lets through: joins of unlike operands, pointers compared. */
  private boolean shapesAreFit(GuestMethod m, Frame<BasicValue>[] frames) {
    int before = refusals.count();
    int line = 0;
    for (int i = 0; i < frames.length; i++) {
      Frame<BasicValue> frame = frames[i];
      AbstractInsnNode n = m.node().instructions.get(i);
      if (n instanceof LineNumberNode next) {
        line = next.line;
      }
      if (frame == null) {
        continue;
      }
      for (int s = 0; s < frame.getStackSize(); s++) {
        if (frame.getStack(s) == BasicValue.UNINITIALIZED_VALUE) {
          refusals.add(
              Rule.VERIFICATION,
              m.owner().name(),
              m.name(),
              line,
              "the code does not verify: operands of different types meet",
              "compile it with javac");
          return false;
        }
      }
      if ((n.getOpcode() == Opcodes.IF_ACMPEQ || n.getOpcode() == Opcodes.IF_ACMPNE)
          && frame.getStack(frame.getStackSize() - 1) != CodeValues.NULL
          && frame.getStack(frame.getStackSize() - 2) != CodeValues.NULL) {
        refusals.add(
            Rule.POINTER_COMPARE,
            m.owner().name(),
            m.name(),
            line,
            "== or != between two references",
            "compare the addresses: a.address() == b.address()");
      }
    }
    return refusals.count() == before;
  }

  private static final class FrameAnalyzer extends Analyzer<BasicValue> {
    FrameAnalyzer(Interpreter<BasicValue> interpreter) {
      super(interpreter);
    }

    @Override
    protected Frame<BasicValue> newFrame(int locals, int stack) {
      return new CodeFrame(locals, stack);
    }

    @Override
    protected Frame<BasicValue> newFrame(Frame<? extends BasicValue> frame) {
      return new CodeFrame(frame);
    }
  }
}
