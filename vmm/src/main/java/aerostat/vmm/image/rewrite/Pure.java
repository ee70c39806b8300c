package aerostat.vmm.image.rewrite;

import java.util.List;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IincInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/** Recognises short expressions that can be computed again, as often as one likes. */
final class Pure {
  private static final int MAX_LENGTH = 12;

  private Pure() {}

  /**
   * Whether the code pushes one int (or long, if wide) that depends on constants and on locals that
   * the loop does not change, and touches nothing else.
   */
  static boolean isPure(List<AbstractInsnNode> code, boolean wide, Loop loop, Flow flow) {
    if (code.size() > MAX_LENGTH) {
      return false;
    }
    StringBuilder stack = new StringBuilder();
    for (AbstractInsnNode n : code) {
      if (!step(n, stack) || (n instanceof VarInsnNode v && isChanged(v.var, loop, flow))) {
        return false;
      }
    }
    return stack.toString().equals(wide ? "J" : "I");
  }

  private static boolean isChanged(int variable, Loop loop, Flow flow) {
    for (int i = loop.body().nextSetBit(0); i >= 0; i = loop.body().nextSetBit(i + 1)) {
      AbstractInsnNode n = flow.node(i);
      if ((n instanceof VarInsnNode v
              && v.var == variable
              && v.getOpcode() >= Opcodes.ISTORE
              && v.getOpcode() <= Opcodes.ASTORE)
          || (n instanceof IincInsnNode inc && inc.var == variable)) {
        return true;
      }
    }
    return false;
  }

  private static boolean step(AbstractInsnNode n, StringBuilder stack) {
    int op = n.getOpcode();
    if ((op >= Opcodes.ICONST_M1 && op <= Opcodes.ICONST_5)
        || op == Opcodes.BIPUSH
        || op == Opcodes.SIPUSH
        || op == Opcodes.ILOAD) {
      stack.append('I');
      return true;
    }
    if (op == Opcodes.LCONST_0 || op == Opcodes.LCONST_1 || op == Opcodes.LLOAD) {
      stack.append('J');
      return true;
    }
    if (n instanceof LdcInsnNode ldc) {
      stack.append(ldc.cst instanceof Long ? 'J' : 'I');
      return ldc.cst instanceof Long || ldc.cst instanceof Integer;
    }
    return switch (op) {
      case Opcodes.IADD,
          Opcodes.ISUB,
          Opcodes.IMUL,
          Opcodes.IAND,
          Opcodes.IOR,
          Opcodes.IXOR,
          Opcodes.ISHL,
          Opcodes.ISHR,
          Opcodes.IUSHR ->
          replace(stack, "II", "I");
      case Opcodes.LADD, Opcodes.LSUB, Opcodes.LMUL, Opcodes.LAND, Opcodes.LOR, Opcodes.LXOR ->
          replace(stack, "JJ", "J");
      case Opcodes.LSHL, Opcodes.LSHR, Opcodes.LUSHR -> replace(stack, "JI", "J");
      case Opcodes.L2I -> replace(stack, "J", "I");
      case Opcodes.I2L -> replace(stack, "I", "J");
      default -> false;
    };
  }

  private static boolean replace(StringBuilder stack, String operands, String result) {
    int from = stack.length() - operands.length();
    if (from < 0 || !stack.substring(from).equals(operands)) {
      return false;
    }
    stack.replace(from, stack.length(), result);
    return true;
  }
}
