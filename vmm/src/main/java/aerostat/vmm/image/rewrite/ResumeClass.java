package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.erase.ErasedMethod;
import aerostat.vmm.image.erase.Owners;
import java.util.List;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Generates the class through which the dispatcher enters resume copies: a switch on the upper bits
 * of the method number, then one on the lower, so that no method grows too large to be compiled.
 */
final class ResumeClass {
  private static final int SHIFT = 6;
  private static final String SIGNATURE = "(II)J";

  private ResumeClass() {}

  static byte[] emit(List<ErasedMethod> resumable) {
    ClassWriter out = new ClassWriter(ClassWriter.COMPUTE_FRAMES);
    out.visit(
        Opcodes.V17,
        Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL | Opcodes.ACC_SUPER,
        Owners.RESUME,
        null,
        "java/lang/Object",
        new String[] {"aerostat/vmm/cpu/ResumeEntry"});
    constructor(out);
    int last = resumable.isEmpty() ? 0 : resumable.get(resumable.size() - 1).id();
    MethodVisitor top = out.visitMethod(Opcodes.ACC_PUBLIC, "resume", SIGNATURE, null, null);
    top.visitCode();
    Label bad = new Label();
    Label[] groups = labels((last >> SHIFT) + 1);
    top.visitVarInsn(Opcodes.ILOAD, 1);
    Letters.push(top, SHIFT);
    top.visitInsn(Opcodes.ISHR);
    top.visitTableSwitchInsn(0, groups.length - 1, bad, groups);
    for (int g = 0; g < groups.length; g++) {
      top.visitLabel(groups[g]);
      top.visitVarInsn(Opcodes.ILOAD, 1);
      top.visitVarInsn(Opcodes.ILOAD, 2);
      top.visitMethodInsn(Opcodes.INVOKESTATIC, Owners.RESUME, "group" + g, SIGNATURE, false);
      top.visitInsn(Opcodes.LRETURN);
      group(out, g, resumable);
    }
    refuse(top, bad);
    out.visitEnd();
    return out.toByteArray();
  }

  private static void constructor(ClassWriter out) {
    MethodVisitor m = out.visitMethod(Opcodes.ACC_PUBLIC, "<init>", "()V", null, null);
    m.visitCode();
    m.visitVarInsn(Opcodes.ALOAD, 0);
    m.visitMethodInsn(Opcodes.INVOKESPECIAL, "java/lang/Object", "<init>", "()V", false);
    m.visitInsn(Opcodes.RETURN);
    m.visitMaxs(0, 0);
    m.visitEnd();
  }

  private static Label[] labels(int count) {
    Label[] labels = new Label[count];
    for (int i = 0; i < count; i++) {
      labels[i] = new Label();
    }
    return labels;
  }

  private static void group(ClassWriter out, int group, List<ErasedMethod> resumable) {
    MethodVisitor m =
        out.visitMethod(
            Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC, "group" + group, SIGNATURE, null, null);
    m.visitCode();
    List<ErasedMethod> members = resumable.stream().filter(r -> r.id() >> SHIFT == group).toList();
    Label bad = new Label();
    if (!members.isEmpty()) {
      Label[] cases = labels(members.size());
      m.visitVarInsn(Opcodes.ILOAD, 0);
      Label[] table = new Label[1 << SHIFT];
      java.util.Arrays.fill(table, bad);
      for (int i = 0; i < cases.length; i++) {
        table[members.get(i).id() & ((1 << SHIFT) - 1)] = cases[i];
      }
      int first = group << SHIFT;
      m.visitTableSwitchInsn(first, first + table.length - 1, bad, table);
      for (int i = 0; i < cases.length; i++) {
        m.visitLabel(cases[i]);
        resume(m, members.get(i));
      }
    }
    refuse(m, bad);
  }

  private static void resume(MethodVisitor m, ErasedMethod method) {
    m.visitVarInsn(Opcodes.ILOAD, 1);
    m.visitMethodInsn(
        Opcodes.INVOKESTATIC,
        method.owner().name(),
        method.resumeName(),
        method.resumeDescriptor(),
        false);
    if (method.result().getSort() == Type.VOID) {
      m.visitInsn(Opcodes.LCONST_0);
    } else {
      Letters.toBits(m, Letters.of(method.result()));
    }
    m.visitInsn(Opcodes.LRETURN);
  }

  /** The dispatcher has checked the number; this is for the verifier's sake. */
  private static void refuse(MethodVisitor m, Label bad) {
    m.visitLabel(bad);
    m.visitTypeInsn(Opcodes.NEW, "java/lang/IllegalArgumentException");
    m.visitInsn(Opcodes.DUP);
    m.visitMethodInsn(
        Opcodes.INVOKESPECIAL, "java/lang/IllegalArgumentException", "<init>", "()V", false);
    m.visitInsn(Opcodes.ATHROW);
    m.visitMaxs(0, 0);
    m.visitEnd();
  }
}
