package aerostat.vmm.image;

import static aerostat.vmm.image.MalformedClass.method;
import static aerostat.vmm.image.MalformedClass.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Code that no javac makes. */
class MalformedCodeTest {
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

  @Hostile(HostileKind.CODE)
  @Test
  void stackUnderflow() {
    verificationFails(
        "()V",
        m -> {
          m.visitInsn(Opcodes.POP);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  @Hostile(HostileKind.CODE)
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

  @Hostile(HostileKind.CODE)
  @Test
  void longTakenForInt() {
    verificationFails(
        "(J)I",
        m -> {
          m.visitVarInsn(Opcodes.LLOAD, 0);
          m.visitInsn(Opcodes.IRETURN);
        });
  }

  @Hostile(HostileKind.CODE)
  @Test
  void pointerTakenForLong() {
    verificationFails(
        "(Lt/P;)J",
        m -> {
          m.visitVarInsn(Opcodes.ALOAD, 0);
          m.visitInsn(Opcodes.LRETURN);
        });
  }

  @Hostile(HostileKind.CODE)
  @Test
  void fallingOffTheEnd() {
    verificationFails("()V", m -> m.visitInsn(Opcodes.NOP));
  }

  @Hostile(HostileKind.CODE)
  @Test
  void wrongResult() {
    verificationFails(
        "()V",
        m -> {
          m.visitInsn(Opcodes.ICONST_0);
          m.visitInsn(Opcodes.IRETURN);
        });
  }

  @Hostile(HostileKind.CODE)
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

  @Hostile(HostileKind.CODE)
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

  @Hostile(HostileKind.CODE)
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

  @Hostile(HostileKind.CODE)
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

  @Hostile(value = HostileKind.CODE, images = 2)
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

  @Hostile(HostileKind.CODE)
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

  @Hostile(HostileKind.CODE)
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

  @Hostile(HostileKind.CODE)
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

  @Hostile(HostileKind.CONSTANT_DYNAMIC)
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

  @Hostile(HostileKind.CONSTANT_DYNAMIC)
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

  @Hostile(HostileKind.CODE)
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

  @Hostile(value = HostileKind.HOST, images = 2)
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
}
