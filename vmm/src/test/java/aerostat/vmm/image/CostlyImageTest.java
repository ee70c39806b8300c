package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import aerostat.vmm.image.rewrite.Rewriter;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Images that pass the verifier and would cost the rewriter minutes or gigabytes (G03, G25). */
@Timeout(60)
class CostlyImageTest {
  private static ClassWriter begin(String name) {
    ClassWriter out = new ClassWriter(0);
    out.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, name, null, "java/lang/Object", null);
    return out;
  }

  private static MethodVisitor method(ClassWriter out, String name, String descriptor) {
    MethodVisitor m =
        out.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, name, descriptor, null, null);
    m.visitCode();
    return m;
  }

  private static void safepoint(MethodVisitor m) {
    m.visitMethodInsn(
        Opcodes.INVOKESTATIC, "aerostat/guest/machine/Cpu", "safepoint", "()V", false);
  }

  private static Refusal refusal(Map<String, byte[]> more) {
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(MalformedClass.COMMON);
    classes.putAll(more);
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    assertThat(e).isNotNull();
    return e.refusals().get(0);
  }

  /** Each loop's body is the half of the method, and a way back leads over all of it. */
  @Hostile(HostileKind.HUGE)
  @Test
  void thousandsOfLoopsAroundEachOther() {
    int loops = 3900;
    ClassWriter out = begin("t/Loops");
    MethodVisitor m = method(out, "f", "(I)V");
    Label[] heads = new Label[loops];
    for (int i = 0; i < loops; i++) {
      heads[i] = new Label();
      m.visitLabel(heads[i]);
      m.visitInsn(Opcodes.NOP);
    }
    for (int i = 0; i < loops; i++) {
      m.visitInsn(Opcodes.ICONST_0);
      m.visitInsn(Opcodes.POP);
    }
    for (int i = loops - 1; i >= 0; i--) {
      m.visitVarInsn(Opcodes.ILOAD, 0);
      m.visitJumpInsn(Opcodes.IFNE, heads[i]);
    }
    m.visitInsn(Opcodes.RETURN);
    m.visitMaxs(1, 1);
    Refusal r = refusal(Map.of("t/Loops", out.toByteArray()));
    assertThat(r.rule()).isEqualTo(Rule.METHOD_SIZE);
    assertThat(r.method()).isEqualTo("f");
    assertThat(r.found()).contains("instructions after erasure");
  }

  /** The same with fewer instructions than a method may have, in many methods. */
  @Hostile(HostileKind.HUGE)
  @Test
  void manyMethodsOfLoopsAroundEachOther() {
    ClassWriter out = begin("t/Loops");
    for (int k = 0; k < 20; k++) {
      MethodVisitor m = method(out, "f" + k, "(I)V");
      Label[] heads = new Label[700];
      for (int i = 0; i < heads.length; i++) {
        heads[i] = new Label();
        m.visitLabel(heads[i]);
        m.visitInsn(Opcodes.NOP);
      }
      for (int i = heads.length - 1; i >= 0; i--) {
        m.visitVarInsn(Opcodes.ILOAD, 0);
        m.visitJumpInsn(Opcodes.IFNE, heads[i]);
        m.visitInsn(Opcodes.ICONST_0);
        m.visitInsn(Opcodes.POP);
      }
      m.visitInsn(Opcodes.RETURN);
      m.visitMaxs(1, 1);
    }
    Refusal r = refusal(Map.of("t/Loops", out.toByteArray()));
    assertThat(r.rule()).isEqualTo(Rule.LIMITS);
    assertThat(r.found()).contains("instructions times loops");
  }

  private static byte[] shuffles(int count) {
    ClassWriter out = begin("t/Shuffle");
    MethodVisitor m = method(out, "f", "(Lt/P;)V");
    for (int i = 0; i < 4; i++) {
      m.visitVarInsn(Opcodes.ALOAD, 0);
    }
    for (int i = 0; i < count; i++) {
      m.visitInsn(Opcodes.DUP2_X2);
      m.visitInsn(Opcodes.POP2);
    }
    safepoint(m);
    m.visitInsn(Opcodes.RETURN);
    m.visitMaxs(6, 1);
    return out.toByteArray();
  }

  /** One instruction that becomes ten, which need locals. */
  @Hostile(HostileKind.ALLOCATION)
  @Test
  void instructionsThatGrow() {
    Refusal r = refusal(Map.of("t/Shuffle", shuffles(2000)));
    assertThat(r.rule()).isEqualTo(Rule.METHOD_SIZE);
    assertThat(r.found()).contains("instructions after erasure");
  }

  /** A few of them share their locals. */
  @Test
  void instructionsThatGrowALittle() {
    Map<String, byte[]> classes = new TreeMap<>(TestImages.machine());
    classes.putAll(MalformedClass.COMMON);
    classes.put("t/Shuffle", shuffles(200));
    RewrittenImage image =
        Rewriter.rewrite(GuestImage.fromClasses(classes, "t.Entry"), Rewriter.Options.VM);
    byte[] code = image.classes().getOrDefault(Flavour.PLAIN, Map.of()).get("t.Shuffle");
    org.objectweb.asm.tree.ClassNode node = new org.objectweb.asm.tree.ClassNode();
    new org.objectweb.asm.ClassReader(code).accept(node, 0);
    assertThat(node.methods).allMatch(m -> m.maxLocals <= 16);
  }

  /** The class that enters stopped methods has three constants for each. */
  @Hostile(HostileKind.HUGE)
  @Test
  void methodsWithoutEnd() {
    Map<String, byte[]> classes = new TreeMap<>();
    for (int c = 0; c < 6; c++) {
      ClassWriter out = begin("t/Many" + c);
      for (int i = 0; i < 4000; i++) {
        MethodVisitor m = method(out, "f" + c + "_" + i, "()V");
        safepoint(m);
        m.visitInsn(Opcodes.RETURN);
        m.visitMaxs(0, 0);
      }
      classes.put("t/Many" + c, out.toByteArray());
    }
    Refusal r = refusal(classes);
    assertThat(r.rule()).isEqualTo(Rule.LIMITS);
    assertThat(r.found()).contains("methods with code");
  }
}
