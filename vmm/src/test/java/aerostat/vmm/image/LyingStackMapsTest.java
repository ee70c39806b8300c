package aerostat.vmm.image;

import static aerostat.vmm.image.MalformedAttributesTest.refusedOrLinks;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Stack maps that say other types than the code has. The verifier never reads them: it computes
 * types itself, and the rewriter writes maps of its own, which the JVM then verifies.
 */
class LyingStackMapsTest {
  static final int IMAGES = 9;

  /** A method (int, P) with a jump over a label at which the map lies. */
  record Lie(String name, Object[] locals, Object[] stack, Consumer<MethodVisitor> behind) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final Object[] NONE = {};

  private static Object[] of(Object... types) {
    return types;
  }

  private static final Consumer<MethodVisitor> RETURN = m -> m.visitInsn(Opcodes.RETURN);

  static Stream<Lie> lies() {
    return Stream.of(
        new Lie("nothingKnown", NONE, NONE, RETURN),
        new Lie("numberForPointer", of(Opcodes.INTEGER, Opcodes.LONG), NONE, RETURN),
        new Lie(
            "pointerForNumber",
            of("t/P", "t/P"),
            NONE,
            m -> {
              m.visitVarInsn(Opcodes.ALOAD, 0);
              m.visitMethodInsn(Opcodes.INVOKEVIRTUAL, "t/P", "address", "()J", false);
              m.visitInsn(Opcodes.POP2);
              m.visitInsn(Opcodes.RETURN);
            }),
        new Lie(
            "foreignClass",
            of(Opcodes.INTEGER, "java/lang/Runtime"),
            NONE,
            m -> {
              m.visitVarInsn(Opcodes.ALOAD, 1);
              m.visitInsn(Opcodes.ICONST_0);
              m.visitMethodInsn(Opcodes.INVOKEVIRTUAL, "java/lang/Runtime", "halt", "(I)V", false);
              m.visitInsn(Opcodes.RETURN);
            }),
        new Lie(
            "localsThatAreNotThere",
            of(Opcodes.INTEGER, "t/P", Opcodes.LONG),
            NONE,
            m -> {
              m.visitVarInsn(Opcodes.LLOAD, 2);
              m.visitInsn(Opcodes.POP2);
              m.visitInsn(Opcodes.RETURN);
            }),
        new Lie(
            "stackThatIsNotThere",
            of(Opcodes.INTEGER, "t/P"),
            of(Opcodes.INTEGER),
            m -> {
              m.visitInsn(Opcodes.POP);
              m.visitInsn(Opcodes.RETURN);
            }),
        new Lie("thisThatIsNotMade", of(Opcodes.UNINITIALIZED_THIS, "t/P"), NONE, RETURN),
        new Lie("nullForPointer", of(Opcodes.INTEGER, Opcodes.NULL), NONE, RETURN),
        new Lie("arrayForPointer", of(Opcodes.INTEGER, "[J"), NONE, RETURN));
  }

  @Hostile(value = HostileKind.STACK_MAPS, images = IMAGES, ends = "refused or dropped")
  @ParameterizedTest
  @MethodSource("lies")
  void isRefusedOrDropped(Lie lie) {
    refusedOrLinks(
        MalformedClass.method(
            "(ILt/P;)V",
            m -> {
              Label target = new Label();
              m.visitVarInsn(Opcodes.ILOAD, 0);
              m.visitJumpInsn(Opcodes.IFEQ, target);
              m.visitInsn(Opcodes.NOP);
              m.visitLabel(target);
              m.visitFrame(
                  Opcodes.F_NEW,
                  lie.locals().length,
                  lie.locals(),
                  lie.stack().length,
                  lie.stack());
              lie.behind().accept(m);
            }));
  }
}
