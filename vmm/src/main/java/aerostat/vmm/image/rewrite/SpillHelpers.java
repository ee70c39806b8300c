package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.erase.Owners;
import java.util.SortedSet;
import java.util.TreeSet;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** The generated methods that store a frame's slots, one for each sequence of types. */
final class SpillHelpers {
  /** Methods of the class: each has two constants of the 65,535. */
  private static final int MAX_HELPERS = 20_000;

  private final SortedSet<String> used = new TreeSet<>();

  /** Emits a call; the slots' values and the footer are on the stack. */
  void call(MethodVisitor out, String letters) {
    used.add(letters);
    out.visitMethodInsn(Opcodes.INVOKESTATIC, Owners.SPILL, name(letters), desc(letters), false);
  }

  /** Whether they all fit into one class. */
  boolean fits() {
    return used.size() <= MAX_HELPERS;
  }

  private static String name(String letters) {
    return "s" + letters;
  }

  private static String desc(String letters) {
    return "(" + letters + "J)V";
  }

  /** The class with all helpers that were called. */
  byte[] emit() {
    ClassWriter out = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    out.visit(
        Opcodes.V17,
        Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL | Opcodes.ACC_SUPER,
        Owners.SPILL,
        null,
        "java/lang/Object",
        null);
    for (String letters : used) {
      helper(
          out.visitMethod(
              Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, name(letters), desc(letters), null, null),
          letters);
    }
    out.visitEnd();
    return out.toByteArray();
  }

  private static void helper(MethodVisitor out, String letters) {
    int address = 2;
    for (int i = 0; i < letters.length(); i++) {
      address += Letters.type(letters.charAt(i)).getSize();
    }
    out.visitCode();
    Letters.push(out, letters.length() + 1);
    intrinsic(out, "allocateFrame", "(I)J");
    out.visitVarInsn(Opcodes.LSTORE, address);
    int local = 0;
    for (int i = 0; i <= letters.length(); i++) {
      char c = i < letters.length() ? letters.charAt(i) : 'J';
      out.visitVarInsn(Opcodes.LLOAD, address);
      if (i > 0) {
        out.visitLdcInsn((long) Long.BYTES * i);
        out.visitInsn(Opcodes.LADD);
      }
      out.visitVarInsn(Letters.type(c).getOpcode(Opcodes.ILOAD), local);
      Letters.toBits(out, c);
      intrinsic(out, "putSlot", "(JJ)V");
      local += Letters.type(c).getSize();
    }
    out.visitInsn(Opcodes.RETURN);
    out.visitMaxs(0, 0);
    out.visitEnd();
  }

  private static void intrinsic(MethodVisitor out, String name, String descriptor) {
    out.visitMethodInsn(Opcodes.INVOKESTATIC, Owners.INTRINSICS, name, descriptor, false);
  }
}
