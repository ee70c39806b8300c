package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.image.rewrite.Rewriter;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Code that keeps the rules although javac makes no such: it runs, and does what it says. */
class OddCodeTest {
  private static final long RAM = 0x4000_0000L;
  private static final long RESULT = 0x4030_0000L;
  private static final long MEMORY = 4 << 20;

  private static Map<String, byte[]> withStart(String source) {
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(
        JavaSource.compile(
            Map.of(
                "t.M",
                "package t; public final class M { static long f() { return 0; } }",
                "t.Entry",
                "package t; import aerostat.guest.machine.*; public final class Entry {"
                    + "public static void start(long p) {"
                    + source
                    + "} public static void interrupt(int line) {}"
                    + "public static void thread(long p) {} }")));
    return classes;
  }

  private static byte[] f(String sourceFile, Consumer<MethodVisitor> code) {
    ClassWriter out = new ClassWriter(0);
    out.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, "t/M", null, "java/lang/Object", null);
    out.visitSource(sourceFile, null);
    MethodVisitor m = out.visitMethod(Opcodes.ACC_STATIC, "f", "()J", null, null);
    m.visitCode();
    code.accept(m);
    m.visitMaxs(8, 8);
    m.visitEnd();
    return out.toByteArray();
  }

  private static long run(Map<String, byte[]> classes) {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    try (Machine machine =
        Machine.builder()
            .memory(MEMORY)
            .image(GuestImage.fromClasses(classes, "t.Entry"))
            .deterministic(1)
            .console(console)
            .build()) {
      machine.runUntilPoll(100_000);
      assertThat(machine.state())
          .as(console.toString(StandardCharsets.ISO_8859_1))
          .isEqualTo(RunState.SHUTDOWN);
      return machine.memory().load64(RESULT);
    }
  }

  /** A counted loop that adds to an operand which was there before it, and stores. */
  private static void sum(MethodVisitor m, int trips) {
    Label head = new Label();
    Label end = new Label();
    m.visitInsn(Opcodes.ICONST_0);
    m.visitVarInsn(Opcodes.ISTORE, 0);
    m.visitInsn(Opcodes.ICONST_5);
    m.visitLabel(head);
    m.visitVarInsn(Opcodes.ILOAD, 0);
    m.visitLdcInsn(trips);
    m.visitJumpInsn(Opcodes.IF_ICMPGE, end);
    m.visitInsn(Opcodes.ICONST_2);
    m.visitInsn(Opcodes.IADD);
    m.visitLdcInsn(RESULT + 64);
    m.visitVarInsn(Opcodes.ILOAD, 0);
    m.visitInsn(Opcodes.I2L);
    m.visitInsn(Opcodes.LADD);
    m.visitInsn(Opcodes.ICONST_1);
    m.visitMethodInsn(
        Opcodes.INVOKESTATIC, "aerostat/guest/machine/Memory", "store8", "(JI)V", false);
    m.visitIincInsn(0, 1);
    m.visitJumpInsn(Opcodes.GOTO, head);
    m.visitLabel(end);
    m.visitInsn(Opcodes.I2L);
    m.visitInsn(Opcodes.LRETURN);
  }

  @Hostile(value = HostileKind.CODE, images = 2, ends = "contained")
  @Test
  void aLoopThatAddsToAnOperandBelowIt() {
    for (int trips : new int[] {20, 5000}) {
      Map<String, byte[]> classes = withStart("Memory.store64(" + RESULT + "L, M.f());");
      classes.put("t/M", f("M.java", m -> sum(m, trips)));
      assertThat(run(classes)).isEqualTo(5 + 2L * trips);
    }
  }

  /**
   * In a class file, a zero may be one byte; written again, it has two. The guest has no safepoint
   * besides.
   */
  @Hostile(value = HostileKind.ATTRIBUTES, ends = "refused or dropped")
  @Test
  void aSourceNameThatGrows() {
    byte[] bytes =
        f(
            "\1".repeat(40_000),
            m -> {
              m.visitInsn(Opcodes.LCONST_1);
              m.visitInsn(Opcodes.LRETURN);
            });
    int first = 0;
    while (bytes[first] != 1 || bytes[first + 1] != 1 || bytes[first + 2] != 1) {
      first++;
    }
    java.util.Arrays.fill(bytes, first, first + 40_000, (byte) 0);
    Map<String, byte[]> classes = withStart("Memory.store64(" + RESULT + "L, M.f());");
    classes.put("t/M", bytes);
    assertThat(run(classes)).isEqualTo(1);
  }

  /** Which NaN a division gives depends on the processor and on how far the JIT has come. */
  @Hostile(value = HostileKind.FRAMES, ends = "contained")
  @Test
  void aNanInAFrameIsCanonical() {
    Map<String, byte[]> classes =
        withStart(
            "float z = Memory.load32(p); float n = (z - z) / (z - z); double d = (double) n;"
                + "for (long i = 0; i >= 0; i++) {}"
                + "Memory.store64("
                + RESULT
                + "L, Float.floatToIntBits(n) + Double.doubleToLongBits(d));");
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    assertThat(Rewriter.rewrite(image, Rewriter.Options.VM)).isNotNull();
    try (Machine machine = Machine.builder().memory(MEMORY).image(image).deterministic(1).build()) {
      machine.runUntilPoll(100);
      int floats = 0;
      int doubles = 0;
      for (long at = RAM; at < RAM + MEMORY; at += Long.BYTES) {
        long word = machine.memory().load64(at);
        assertThat(word).isNotIn((long) 0xFFC0_0000, 0xFFF8L << 48);
        floats += word == 0x7FC0_0000 ? 1 : 0;
        doubles += word == 0x7FF8L << 48 ? 1 : 0;
      }
      assertThat(floats).isPositive();
      assertThat(doubles).isPositive();
    }
  }
}
