package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import aerostat.vmm.image.rewrite.Rewriter;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.AnnotationVisitor;
import org.objectweb.asm.Attribute;
import org.objectweb.asm.ByteVector;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Class files that no javac makes. */
class MalformedImageTest {
  private static final Map<String, byte[]> COMMON = JavaSource.compile(RefusalTest.COMMON);

  private static Refusal refusal(String name, byte[] classFile) {
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(COMMON);
    classes.put(name, classFile);
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    assertThat(e).isNotNull();
    assertThat(e.refusals().get(0).className()).isEqualTo(name.replace('/', '.'));
    return e.refusals().get(0);
  }

  private static ClassWriter begin(int flags) {
    ClassWriter out = new ClassWriter(flags);
    out.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, "t/M", null, "java/lang/Object", null);
    return out;
  }

  private static byte[] method(String descriptor, Consumer<MethodVisitor> code) {
    ClassWriter out = begin(0);
    MethodVisitor m =
        out.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "f", descriptor, null, null);
    m.visitCode();
    Label start = new Label();
    m.visitLabel(start);
    m.visitLineNumber(77, start);
    code.accept(m);
    m.visitMaxs(8, 8);
    m.visitEnd();
    out.visitEnd();
    return out.toByteArray();
  }

  private static void verificationFails(String descriptor, Consumer<MethodVisitor> code) {
    Refusal r = refusal("t/M", method(descriptor, code));
    assertThat(r.rule()).isEqualTo(Rule.VERIFICATION);
    assertThat(r.method()).isEqualTo("f");
    assertThat(r.line()).isEqualTo(77);
  }

  private static void codeRefused(Rule rule, String descriptor, Consumer<MethodVisitor> code) {
    Refusal r = refusal("t/M", method(descriptor, code));
    assertThat(r.rule()).isEqualTo(rule);
    assertThat(r.line()).isEqualTo(77);
  }

  @Test
  void stackUnderflow() {
    verificationFails(
        "()V",
        m -> {
          m.visitInsn(Opcodes.POP);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void stackOverflowOfTheDeclaredMaximum() {
    verificationFails(
        "()V",
        m -> {
          for (int i = 0; i < 9; i++) {
            m.visitInsn(Opcodes.ICONST_0);
          }
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void longTakenForInt() {
    verificationFails(
        "(J)I",
        m -> {
          m.visitVarInsn(Opcodes.LLOAD, 0);
          m.visitInsn(Opcodes.IRETURN);
        });
  }

  @Test
  void pointerTakenForLong() {
    verificationFails(
        "(Lt/P;)J",
        m -> {
          m.visitVarInsn(Opcodes.ALOAD, 0);
          m.visitInsn(Opcodes.LRETURN);
        });
  }

  @Test
  void fallingOffTheEnd() {
    verificationFails("()V", m -> m.visitInsn(Opcodes.NOP));
  }

  @Test
  void wrongResult() {
    verificationFails(
        "()V",
        m -> {
          m.visitInsn(Opcodes.ICONST_0);
          m.visitInsn(Opcodes.IRETURN);
        });
  }

  @Test
  void localNeverWritten() {
    verificationFails(
        "()V",
        m -> {
          m.visitVarInsn(Opcodes.ILOAD, 3);
          m.visitInsn(Opcodes.POP);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void localOutOfRange() {
    verificationFails(
        "()V",
        m -> {
          m.visitInsn(Opcodes.ICONST_0);
          m.visitVarInsn(Opcodes.ISTORE, 8);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void unlikeOperandsMeet() {
    verificationFails(
        "(ILt/P;)V",
        m -> {
          Label other = new Label();
          Label end = new Label();
          m.visitVarInsn(Opcodes.ILOAD, 0);
          m.visitJumpInsn(Opcodes.IFEQ, other);
          m.visitInsn(Opcodes.ICONST_0);
          m.visitJumpInsn(Opcodes.GOTO, end);
          m.visitLabel(other);
          m.visitVarInsn(Opcodes.ALOAD, 1);
          m.visitLabel(end);
          m.visitInsn(Opcodes.POP);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void stacksOfUnlikeHeightMeet() {
    verificationFails(
        "(I)V",
        m -> {
          Label end = new Label();
          m.visitInsn(Opcodes.ICONST_0);
          m.visitVarInsn(Opcodes.ILOAD, 0);
          m.visitJumpInsn(Opcodes.IFEQ, end);
          m.visitInsn(Opcodes.POP);
          m.visitLabel(end);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void objectUsedBeforeItsConstructor() {
    verificationFails(
        "()V",
        m -> {
          m.visitTypeInsn(Opcodes.NEW, "t/P");
          m.visitVarInsn(Opcodes.ASTORE, 0);
          m.visitInsn(Opcodes.RETURN);
        });
    verificationFails(
        "()V",
        m -> {
          m.visitTypeInsn(Opcodes.NEW, "t/P");
          m.visitInsn(Opcodes.POP);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void newWithoutCopy() {
    verificationFails(
        "()V",
        m -> {
          m.visitTypeInsn(Opcodes.NEW, "t/P");
          m.visitInsn(Opcodes.LCONST_1);
          m.visitMethodInsn(Opcodes.INVOKESPECIAL, "t/P", "<init>", "(J)V", false);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void subroutine() {
    codeRefused(
        Rule.INSTRUCTIONS,
        "()V",
        m -> {
          Label l = new Label();
          m.visitJumpInsn(Opcodes.JSR, l);
          m.visitInsn(Opcodes.RETURN);
          m.visitLabel(l);
          m.visitVarInsn(Opcodes.ASTORE, 0);
          m.visitVarInsn(Opcodes.RET, 0);
        });
  }

  @Test
  void rawMonitor() {
    codeRefused(
        Rule.NO_MONITORS,
        "(Lt/P;)V",
        m -> {
          m.visitVarInsn(Opcodes.ALOAD, 0);
          m.visitInsn(Opcodes.MONITORENTER);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void constantDynamic() {
    Handle bootstrap = new Handle(Opcodes.H_INVOKESTATIC, "t/M", "b", "()I", false);
    codeRefused(
        Rule.NO_CONSTANT_DYNAMIC,
        "()V",
        m -> {
          m.visitLdcInsn(new ConstantDynamic("x", "I", bootstrap));
          m.visitInsn(Opcodes.POP);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void foreignBootstrap() {
    Handle bootstrap =
        new Handle(Opcodes.H_INVOKESTATIC, "java/lang/Runtime", "exit", "()V", false);
    codeRefused(
        Rule.LAMBDAS,
        "()V",
        m -> {
          m.visitInvokeDynamicInsn("x", "()Lt/Op;", bootstrap);
          m.visitInsn(Opcodes.POP);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void callOfMissingMethod() {
    codeRefused(
        Rule.CALLS,
        "()V",
        m -> {
          m.visitMethodInsn(Opcodes.INVOKESTATIC, "t/P", "nowhere", "()V", false);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Test
  void internalClassesAreOutOfReach() {
    codeRefused(
        Rule.CALLS,
        "()V",
        m -> {
          m.visitMethodInsn(
              Opcodes.INVOKESTATIC, "aerostat/vmm/cpu/Intrinsics", "stackOverflow", "()V", false);
          m.visitInsn(Opcodes.RETURN);
        });
    codeRefused(
        Rule.NO_FIELDS,
        "()V",
        m -> {
          m.visitInsn(Opcodes.ICONST_5);
          m.visitFieldInsn(Opcodes.PUTSTATIC, "aerostat/vmm/cpu/Intrinsics", "budget", "I");
          m.visitInsn(Opcodes.RETURN);
        });
  }

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
                RefusalTest.COMMON.get("t.Op"),
                "t.P",
                RefusalTest.COMMON.get("t.P"),
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

  @Test
  void reservedPackage() {
    ClassWriter out = new ClassWriter(0);
    out.visit(Opcodes.V17, 0, "aerostat/vmm/cpu/Intrinsics", null, "java/lang/Object", null);
    assertThat(refusal("aerostat/vmm/cpu/Intrinsics", out.toByteArray()).rule())
        .isEqualTo(Rule.CLASS_FILE);
  }

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

  @Test
  void malformedCodeAttribute() {
    byte[] bytes = method("()V", m -> m.visitInsn(Opcodes.RETURN));
    // The last bytes are the Code attribute's; a wrong opcode and wrong lengths among them.
    for (int i = bytes.length - 30; i < bytes.length; i++) {
      byte[] broken = bytes.clone();
      broken[i] = (byte) 0xCB;
      Map<String, byte[]> classes = TestImages.machine();
      classes.putAll(COMMON);
      classes.put("t/M", broken);
      GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
      assertThatCode(
              () -> {
                try {
                  Rewriter.rewrite(image, Rewriter.Options.VM);
                } catch (ImageRefusedException e) {
                  assertThat(e.refusals()).isNotEmpty();
                }
              })
          .doesNotThrowAnyException();
    }
  }

  /** A malformed attribute that the JVM would stumble over does not get as far as the JVM. */
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

  @Test
  void annotationsNestedWithoutEnd() {
    ClassWriter out = begin(0);
    AnnotationVisitor a = out.visitAnnotation("Lt/A;", true);
    for (int i = 0; i < 30_000; i++) {
      a = a.visitArray("x");
    }
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(COMMON);
    classes.put("t/M", out.toByteArray());
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    assertThatCode(
            () -> {
              try {
                Rewriter.rewrite(image, Rewriter.Options.VM);
              } catch (ImageRefusedException e) {
                assertThat(e.refusals()).isNotEmpty();
              }
            })
        .doesNotThrowAnyException();
  }

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

  @Test
  void entryMissing() {
    GuestImage image = GuestImage.fromClasses(TestImages.machine(), "t.Entry");
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    assertThat(e.refusals()).hasSize(3).allMatch(r -> r.rule() == Rule.ENTRY);
  }
}
