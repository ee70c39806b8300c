package aerostat.vmm.image.erase;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/** Small pieces of code that several passes emit. */
public final class Code {
  private Code() {}

  /** The shortest instruction that pushes an int. */
  public static AbstractInsnNode push(int value) {
    if (value >= -1 && value <= 5) {
      return new InsnNode(Opcodes.ICONST_0 + value);
    }
    if (value == (byte) value) {
      return new IntInsnNode(Opcodes.BIPUSH, value);
    }
    if (value == (short) value) {
      return new IntInsnNode(Opcodes.SIPUSH, value);
    }
    return new LdcInsnNode(value);
  }

  /** An instruction that pushes a long. */
  public static AbstractInsnNode push(long value) {
    return value == 0 || value == 1
        ? new InsnNode(Opcodes.LCONST_0 + (int) value)
        : new LdcInsnNode(value);
  }

  /** Load of a local of this type letter (I, J, F, D). */
  public static AbstractInsnNode load(char type, int local) {
    return new VarInsnNode(type(type).getOpcode(Opcodes.ILOAD), local);
  }

  /** Store into a local of this type letter. */
  public static AbstractInsnNode store(char type, int local) {
    return new VarInsnNode(type(type).getOpcode(Opcodes.ISTORE), local);
  }

  /** Type of a letter. */
  public static Type type(char letter) {
    return switch (letter) {
      case 'J' -> Type.LONG_TYPE;
      case 'F' -> Type.FLOAT_TYPE;
      case 'D' -> Type.DOUBLE_TYPE;
      default -> Type.INT_TYPE;
    };
  }

  /** A call of a static method. */
  public static AbstractInsnNode call(String owner, String name, String descriptor) {
    return new MethodInsnNode(Opcodes.INVOKESTATIC, owner, name, descriptor, false);
  }

  /** Returns with a value that nobody looks at. */
  public static void returnNothing(InsnList code, Type result) {
    switch (result.getSort()) {
      case Type.VOID -> {}
      case Type.LONG -> code.add(new InsnNode(Opcodes.LCONST_0));
      case Type.FLOAT -> code.add(new InsnNode(Opcodes.FCONST_0));
      case Type.DOUBLE -> code.add(new InsnNode(Opcodes.DCONST_0));
      default -> code.add(new InsnNode(Opcodes.ICONST_0));
    }
    code.add(new InsnNode(result.getOpcode(Opcodes.IRETURN)));
  }
}
