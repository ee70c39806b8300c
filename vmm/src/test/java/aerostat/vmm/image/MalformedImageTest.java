package aerostat.vmm.image;

import static aerostat.vmm.image.MalformedClass.COMMON;
import static aerostat.vmm.image.MalformedClass.begin;
import static aerostat.vmm.image.MalformedClass.method;
import static aerostat.vmm.image.MalformedClass.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import aerostat.vmm.image.rewrite.Rewriter;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.AnnotationVisitor;
import org.objectweb.asm.Attribute;
import org.objectweb.asm.ByteVector;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Class files that no javac makes. */
class MalformedImageTest {
  @Hostile(HostileKind.ATTRIBUTES)
  @Test
  void recordWithoutTheMethodOfItsInterface() {
    ClassWriter out = new ClassWriter(0);
    out.visit(
        Opcodes.V17,
        Opcodes.ACC_PUBLIC | Opcodes.ACC_RECORD,
        "t/M",
        null,
        "java/lang/Record",
        new String[] {"t/Op"});
    out.visitEnd();
    Map<String, byte[]> user =
        JavaSource.compile(
            Map.of(
                "t.Op",
                RefusalCase.COMMON.get("t.Op"),
                "t.P",
                RefusalCase.COMMON.get("t.P"),
                "t.U",
                "package t; class U { static long f(Op o) { return o.go(1, null); } }"));
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(COMMON);
    classes.putAll(user);
    classes.put("t/M", out.toByteArray());
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    assertThat(e.refusals().get(0).rule()).isEqualTo(Rule.OPS);
    assertThat(e.refusals().get(0).className()).isEqualTo("t.M");
    assertThat(e.refusals().get(0).method()).isEqualTo("go");
  }

  @Hostile(value = HostileKind.ATTRIBUTES, images = 6)
  @Test
  void versionsAndHeaders() {
    byte[] good = begin(0).toByteArray();
    assertThat(refusal("t/M", new byte[3]).rule()).isEqualTo(Rule.CLASS_FILE);
    assertThat(refusal("t/M", new byte[300]).rule()).isEqualTo(Rule.CLASS_FILE);
    byte[] old = good.clone();
    old[7] = 52;
    assertThat(refusal("t/M", old).found()).contains("version 52");
    byte[] future = good.clone();
    future[7] = 90;
    assertThat(refusal("t/M", future).found()).contains("version 90");
    byte[] preview = good.clone();
    preview[4] = preview[5] = (byte) 0xFF;
    assertThat(refusal("t/M", preview).found()).contains("65535");
    for (int cut = 10; cut < good.length; cut++) {
      assertThat(refusal("t/M", java.util.Arrays.copyOf(good, cut)).rule())
          .isEqualTo(Rule.CLASS_FILE);
    }
    assertThat(refusal("t/Other", good).rule()).isEqualTo(Rule.CLASS_FILE);
  }

  @Hostile(HostileKind.ATTRIBUTES)
  @Test
  void reservedPackage() {
    ClassWriter out = new ClassWriter(0);
    out.visit(Opcodes.V17, 0, "aerostat/vmm/cpu/Intrinsics", null, "java/lang/Object", null);
    assertThat(refusal("aerostat/vmm/cpu/Intrinsics", out.toByteArray()).rule())
        .isEqualTo(Rule.CLASS_FILE);
  }

  @Hostile(HostileKind.ATTRIBUTES)
  @Test
  void methodTwice() {
    ClassWriter out = begin(0);
    for (int i = 0; i < 2; i++) {
      MethodVisitor m = out.visitMethod(Opcodes.ACC_STATIC, "f", "()V", null, null);
      m.visitCode();
      m.visitInsn(Opcodes.RETURN);
      m.visitMaxs(0, 0);
      m.visitEnd();
    }
    assertThat(refusal("t/M", out.toByteArray()).rule()).isEqualTo(Rule.CLASS_FILE);
  }

  @Hostile(value = HostileKind.ATTRIBUTES, images = 30, ends = "refused or dropped")
  @Test
  void malformedCodeAttribute() {
    byte[] bytes = method("()V", m -> m.visitInsn(Opcodes.RETURN));
    // The last bytes are the Code attribute's; a wrong opcode and wrong lengths among them.
    for (int i = bytes.length - 30; i < bytes.length; i++) {
      byte[] broken = bytes.clone();
      broken[i] = (byte) 0xCB;
      MalformedAttributesTest.refusedOrLinks(broken);
    }
  }

  /** A malformed attribute that the JVM would stumble over does not get as far as the JVM. */
  @Hostile(value = HostileKind.ATTRIBUTES, ends = "refused or dropped")
  @Test
  void unknownAttributesAreDropped() {
    ClassWriter out = begin(0);
    out.visitAttribute(
        new Attribute("BootstrapMethods2") {
          @Override
          protected ByteVector write(
              ClassWriter w, byte[] code, int length, int maxStack, int maxLocals) {
            return new ByteVector().putInt(-1);
          }
        });
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(COMMON);
    classes.put("t/M", out.toByteArray());
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    assertThat(Rewriter.rewrite(image, Rewriter.Options.VM).startMethod()).isPositive();
  }

  @Hostile(value = HostileKind.ATTRIBUTES, ends = "refused or dropped")
  @Test
  void annotationsNestedWithoutEnd() {
    ClassWriter out = begin(0);
    AnnotationVisitor a = out.visitAnnotation("Lt/A;", true);
    for (int i = 0; i < 30_000; i++) {
      a = a.visitArray("x");
    }
    MalformedAttributesTest.refusedOrLinks(out.toByteArray());
  }

  @Hostile(HostileKind.HUGE)
  @Test
  void methodTooLarge() {
    Refusal r =
        refusal(
            "t/M",
            method(
                "(J)V",
                m -> {
                  for (int i = 0; i < 3000; i++) {
                    m.visitVarInsn(Opcodes.LLOAD, 0);
                    m.visitMethodInsn(
                        Opcodes.INVOKESTATIC,
                        "aerostat/guest/machine/Memory",
                        "load8",
                        "(J)I",
                        false);
                    m.visitInsn(Opcodes.POP);
                  }
                  m.visitInsn(Opcodes.RETURN);
                }));
    assertThat(r.rule()).isEqualTo(Rule.METHOD_SIZE);
    assertThat(r.line()).isEqualTo(77);
  }

  @Hostile(HostileKind.HUGE)
  @Test
  void tooManyLocals() {
    ClassWriter out = begin(0);
    MethodVisitor m = out.visitMethod(Opcodes.ACC_STATIC, "f", "()V", null, null);
    m.visitCode();
    m.visitInsn(Opcodes.RETURN);
    m.visitMaxs(60_000, 65_000);
    m.visitEnd();
    assertThat(refusal("t/M", out.toByteArray()).rule()).isEqualTo(Rule.LIMITS);
  }

  /** A chain of calls whose frames are larger than a kernel stack together. */
  @Hostile(HostileKind.RECURSION)
  @Test
  void callChainDeeperThanTheStack() {
    StringBuilder text = new StringBuilder("package t; import aerostat.guest.machine.*;\n");
    text.append("public final class Entry {\n");
    text.append("  public static void interrupt(int line) {}\n");
    text.append("  public static void thread(long p) {}\n");
    text.append("  public static void start(long p) { f0(1, 2, 3, 4); }\n");
    for (int i = 0; i < 600; i++) {
      text.append("  static long f").append(i).append("(long a, long b, long c, long d) {");
      text.append(" return a + f").append(i + 1).append("(b, c, d, a) + b * c * d; }\n");
    }
    text.append(
        "  static long f600(long a, long b, long c, long d) { Cpu.safepoint(); return a; }");
    text.append("}\n");
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(JavaSource.compile(Map.of("t.Entry", text.toString())));
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    assertThat(e.refusals().get(0).rule()).isEqualTo(Rule.STACK);
    assertThat(e.refusals().get(0).className()).isEqualTo("t.Entry");
  }

  @Hostile(HostileKind.ATTRIBUTES)
  @Test
  void entryMissing() {
    GuestImage image = GuestImage.fromClasses(TestImages.machine(), "t.Entry");
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    assertThat(e.refusals()).hasSize(3).allMatch(r -> r.rule() == Rule.ENTRY);
  }

  /** Its class file is looked at for a constant, too: refused like any other, beside all others. */
  @Hostile(HostileKind.ATTRIBUTES)
  @Test
  void kernelDataCutShort() throws Exception {
    Map<String, byte[]> classes = new TreeMap<>(GuestImage.defaultImage().classes());
    String data = "aerostat/guest/kernel/KernelData";
    byte[] whole = classes.getOrDefault(data, new byte[0]);
    classes.put(data, java.util.Arrays.copyOf(whole, whole.length / 2));
    classes.put("t/M", new byte[3]);
    GuestImage image = GuestImage.fromClasses(classes, GuestImage.DEFAULT_ENTRY);
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    assertThat(e).hasMessageNotContaining(Rewriter.INTERNAL_ERROR);
    assertThat(e.refusals())
        .filteredOn(r -> r.rule() == Rule.CLASS_FILE)
        .extracting(Refusal::className)
        .containsExactly("aerostat.guest.kernel.KernelData", "t.M");
  }

  /** Where the guest kernel has its data at a fixed address, the image must end below. */
  @Hostile(HostileKind.HUGE)
  @Test
  void kernelThatReachesItsOwnData() throws Exception {
    Map<String, byte[]> classes = new TreeMap<>(GuestImage.defaultImage().classes());
    for (int i = 0; i < 30; i++) {
      String text = "x".repeat(60_000) + i;
      ClassWriter out = new ClassWriter(0);
      out.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, "t/Big" + i, null, "java/lang/Object", null);
      MethodVisitor m = out.visitMethod(Opcodes.ACC_STATIC, "f", "()V", null, null);
      m.visitCode();
      m.visitLdcInsn(text);
      m.visitMethodInsn(
          Opcodes.INVOKESTATIC,
          "aerostat/guest/machine/Cpu",
          "panic",
          "(Ljava/lang/String;)V",
          false);
      m.visitInsn(Opcodes.RETURN);
      m.visitMaxs(1, 0);
      m.visitEnd();
      out.visitEnd();
      classes.put("t/Big" + i, out.toByteArray());
    }
    GuestImage image = GuestImage.fromClasses(classes, GuestImage.DEFAULT_ENTRY);
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    Refusal r = e.refusals().get(0);
    assertThat(r.rule()).isEqualTo(Rule.LIMITS);
    assertThat(r.found())
        .isEqualTo(
            "the image has %d bytes, but at most %d fit below the kernel's data",
            image.size(), (2 << 20) - 4096 - 16384);
  }
}
