package aerostat.vmm.image;

import static aerostat.vmm.image.MalformedClass.method;
import static aerostat.vmm.image.MalformedClass.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Constants and calls that the JVM would make by running code as it links: none is let in. */
class BootstrapRefusalTest {
  static final int IMAGES = 11;

  private static final String CONDY =
      "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;)Ljava/lang/Object;";

  record Trick(String name, Consumer<MethodVisitor> code) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Handle handle(String owner, String name, String descriptor) {
    return new Handle(Opcodes.H_INVOKESTATIC, owner, name, descriptor, false);
  }

  private static Trick constant(String name, Object constant, boolean wide) {
    return new Trick(
        name,
        m -> {
          m.visitLdcInsn(constant);
          m.visitInsn(wide ? Opcodes.POP2 : Opcodes.POP);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  private static Trick call(String name, String descriptor, Handle bootstrap, Object... arguments) {
    return new Trick(
        name,
        m -> {
          m.visitInvokeDynamicInsn("go", descriptor, bootstrap, arguments);
          m.visitInsn(Opcodes.POP);
          m.visitInsn(Opcodes.RETURN);
        });
  }

  static Stream<Trick> tricks() {
    Handle invoke = handle("java/lang/invoke/ConstantBootstraps", "invoke", CONDY);
    Handle own = handle("t/M", "b", CONDY);
    Handle exit = handle("java/lang/System", "exit", "(I)V");
    Handle concat = handle("java/lang/invoke/StringConcatFactory", "makeConcat", CONDY);
    Handle meta = handle("java/lang/invoke/LambdaMetafactory", "metafactory", CONDY);
    Handle alt = handle("java/lang/invoke/LambdaMetafactory", "altMetafactory", CONDY);
    ConstantDynamic inner = new ConstantDynamic("i", "I", own);
    return Stream.of(
        constant("long", new ConstantDynamic("x", "J", own), true),
        constant("class", new ConstantDynamic("x", "Ljava/lang/Class;", own), false),
        constant("invoke", new ConstantDynamic("x", "I", invoke, exit, 1), false),
        constant("nested", new ConstantDynamic("x", "I", own, inner), false),
        constant("methodType", Type.getMethodType("()V"), false),
        constant("methodHandle", exit, false),
        constant("arrayClass", Type.getType("[J"), false),
        call("ownBootstrap", "()Lt/Op;", own),
        call("concat", "()Ljava/lang/String;", concat),
        call(
            "metafactoryOfForeignMethod",
            "()Lt/Op;",
            meta,
            Type.getMethodType("(I)V"),
            exit,
            Type.getMethodType("(I)V")),
        call(
            "serializableLambda",
            "()Lt/Op;",
            alt,
            Type.getMethodType("(I)V"),
            exit,
            Type.getMethodType("(I)V"),
            1));
  }

  @Hostile(value = HostileKind.CONSTANT_DYNAMIC, images = IMAGES)
  @ParameterizedTest
  @MethodSource("tricks")
  void isRefused(Trick trick) {
    Refusal r = refusal("t/M", method("()V", trick.code()));
    assertThat(r.rule())
        .isIn(Rule.NO_CONSTANT_DYNAMIC, Rule.LAMBDAS, Rule.STRINGS, Rule.CLASS_FILE);
  }
}
