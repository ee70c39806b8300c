package aerostat.vmm.image.verify;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.BasicValue;
import org.objectweb.asm.tree.analysis.Frame;
import org.objectweb.asm.tree.analysis.Interpreter;

/**
 * A frame that allows {@code new} only as javac writes it: NEW, DUP, arguments, constructor. Then
 * erasure can drop both copies of the unfinished object and keep the argument.
 */
public final class CodeFrame extends Frame<BasicValue> {
  CodeFrame(int locals, int stack) {
    super(locals, stack);
  }

  CodeFrame(Frame<? extends BasicValue> frame) {
    super(frame);
  }

  @Override
  public void execute(AbstractInsnNode insn, Interpreter<BasicValue> interpreter)
      throws AnalyzerException {
    switch (insn.getOpcode()) {
      case Opcodes.POP -> forbidNew(insn, 1);
      case Opcodes.POP2, Opcodes.SWAP, Opcodes.DUP2 -> forbidNew(insn, 2);
      case Opcodes.DUP_X1 -> forbidNew(insn, 2);
      case Opcodes.DUP_X2, Opcodes.DUP2_X1 -> forbidNew(insn, 3);
      case Opcodes.DUP2_X2 -> forbidNew(insn, 4);
      case Opcodes.DUP -> {
        if (getStackSize() > 0 && top() instanceof CodeValues.NewValue v && copies(v) != 1) {
          throw new AnalyzerException(insn, "a new object is copied twice");
        }
      }
      default -> {}
    }
    BasicValue created = null;
    if (insn instanceof MethodInsnNode call && call.name.equals("<init>")) {
      int below = org.objectweb.asm.Type.getArgumentTypes(call.desc).length + 1;
      if (getStackSize() >= below) {
        created = getStack(getStackSize() - below);
      }
    }
    super.execute(insn, interpreter);
    if (created instanceof CodeValues.NewValue v) {
      if (getStackSize() == 0 || !top().equals(v) || copies(v) != 1) {
        throw new AnalyzerException(insn, "a constructor runs without a copy of its object");
      }
      setStack(getStackSize() - 1, BasicValue.REFERENCE_VALUE);
    }
  }

  private BasicValue top() {
    return getStack(getStackSize() - 1);
  }

  private void forbidNew(AbstractInsnNode insn, int depth) throws AnalyzerException {
    for (int i = Math.max(0, getStackSize() - depth); i < getStackSize(); i++) {
      if (getStack(i) instanceof CodeValues.NewValue) {
        throw new AnalyzerException(insn, "an object is used before its constructor has run");
      }
    }
  }

  private int copies(CodeValues.NewValue value) {
    int n = 0;
    for (int i = 0; i < getStackSize(); i++) {
      n += getStack(i).equals(value) ? 1 : 0;
    }
    return n;
  }
}
