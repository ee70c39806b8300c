package aerostat.vmm.image.rewrite;

import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Values of the four types that frames know (I, J, F, D) as 64-bit words. */
final class Letters {
  private Letters() {}

  static Type type(char letter) {
    return switch (letter) {
      case 'J' -> Type.LONG_TYPE;
      case 'F' -> Type.FLOAT_TYPE;
      case 'D' -> Type.DOUBLE_TYPE;
      default -> Type.INT_TYPE;
    };
  }

  static char of(Type type) {
    return switch (type.getSort()) {
      case Type.LONG -> 'J';
      case Type.FLOAT -> 'F';
      case Type.DOUBLE -> 'D';
      default -> 'I';
    };
  }

  /**
   * From the value on the stack to its word. A NaN gets its canonical bits: which it has depends on
   * how far the JIT has come, and the word lies in guest memory.
   */
  static void toBits(MethodVisitor out, char letter) {
    switch (letter) {
      case 'J' -> {}
      case 'F' -> {
        call(out, "java/lang/Float", "floatToIntBits", "(F)I");
        out.visitInsn(Opcodes.I2L);
      }
      case 'D' -> call(out, "java/lang/Double", "doubleToLongBits", "(D)J");
      default -> out.visitInsn(Opcodes.I2L);
    }
  }

  /** From the word on the stack to the value. */
  static void fromBits(MethodVisitor out, char letter) {
    switch (letter) {
      case 'J' -> {}
      case 'F' -> {
        out.visitInsn(Opcodes.L2I);
        call(out, "java/lang/Float", "intBitsToFloat", "(I)F");
      }
      case 'D' -> call(out, "java/lang/Double", "longBitsToDouble", "(J)D");
      default -> out.visitInsn(Opcodes.L2I);
    }
  }

  static void push(MethodVisitor out, int value) {
    if (value >= -1 && value <= 5) {
      out.visitInsn(Opcodes.ICONST_0 + value);
    } else if (value == (byte) value) {
      out.visitIntInsn(Opcodes.BIPUSH, value);
    } else if (value == (short) value) {
      out.visitIntInsn(Opcodes.SIPUSH, value);
    } else {
      out.visitLdcInsn(value);
    }
  }

  private static void call(MethodVisitor out, String owner, String name, String descriptor) {
    out.visitMethodInsn(Opcodes.INVOKESTATIC, owner, name, descriptor, false);
  }
}
