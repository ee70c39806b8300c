package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.image.rewrite.Rewriter;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.objectweb.asm.Attribute;
import org.objectweb.asm.ByteVector;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Attributes that the JVM knows, with contents that are none: refused, or dropped, and what is left
 * links in every flavour (the rewriter has the JVM verify its output).
 */
class MalformedAttributesTest {
  private static final long SEED = 11;
  private static final List<String> OF_CLASSES =
      List.of(
          "BootstrapMethods",
          "NestHost",
          "NestMembers",
          "PermittedSubclasses",
          "Record",
          "InnerClasses",
          "EnclosingMethod",
          "Signature",
          "SourceFile",
          "RuntimeVisibleAnnotations",
          "RuntimeVisibleTypeAnnotations",
          "Module");
  private static final List<String> OF_METHODS =
      List.of("Exceptions", "MethodParameters", "AnnotationDefault", "Signature", "Code");
  private static final List<String> OF_CODE =
      List.of("LineNumberTable", "LocalVariableTable", "StackMapTable");

  /** Kinds of contents. */
  private static final int CONTENTS = 3;

  static final int IMAGES = (12 + 5 + 3) * CONTENTS;

  record Garbage(String place, String attribute, int contents) {}

  static Stream<Garbage> garbage() {
    return Stream.of(
            OF_CLASSES.stream().map(name -> new Garbage("class", name, 0)),
            OF_METHODS.stream().map(name -> new Garbage("method", name, 0)),
            OF_CODE.stream().map(name -> new Garbage("code", name, 0)))
        .flatMap(s -> s)
        .flatMap(
            g ->
                Stream.iterate(0, i -> i + 1)
                    .limit(CONTENTS)
                    .map(i -> new Garbage(g.place(), g.attribute(), i)));
  }

  private static byte[] bytes(int contents) {
    byte[] random = new byte[40];
    new Random(SEED).nextBytes(random);
    return switch (contents) {
      case 0 -> new byte[0];
      case 1 -> new byte[] {-1, -1, -1, -1, -1, -1};
      default -> random;
    };
  }

  private static Attribute attribute(Garbage garbage) {
    return new Attribute(garbage.attribute()) {
      @Override
      public boolean isCodeAttribute() {
        return garbage.place().equals("code");
      }

      @Override
      protected ByteVector write(
          ClassWriter out, byte[] code, int codeLength, int maxStack, int maxLocals) {
        byte[] bytes = bytes(garbage.contents());
        return new ByteVector().putByteArray(bytes, 0, bytes.length);
      }
    };
  }

  private static byte[] classFile(Garbage garbage) {
    ClassWriter out = MalformedClass.begin(0);
    MethodVisitor m = out.visitMethod(Opcodes.ACC_STATIC, "f", "()V", null, null);
    if (garbage.place().equals("method")) {
      m.visitAttribute(attribute(garbage));
    }
    m.visitCode();
    m.visitInsn(Opcodes.RETURN);
    m.visitMaxs(0, 0);
    if (garbage.place().equals("code")) {
      m.visitAttribute(attribute(garbage));
    }
    m.visitEnd();
    if (garbage.place().equals("class")) {
      out.visitAttribute(attribute(garbage));
    }
    out.visitEnd();
    return out.toByteArray();
  }

  @Hostile(value = HostileKind.ATTRIBUTES, images = IMAGES, ends = "refused or dropped")
  @ParameterizedTest
  @MethodSource("garbage")
  void isRefusedOrDropped(Garbage garbage) {
    refusedOrLinks(classFile(garbage));
  }

  /** Runs a class file named t/M through everything before a VM would load it. */
  static void refusedOrLinks(byte[] classFile) {
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(MalformedClass.COMMON);
    classes.put("t/M", classFile);
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    try {
      assertThat(Rewriter.rewrite(image, Rewriter.Options.VM).startMethod()).isPositive();
    } catch (ImageRefusedException e) {
      assertThat(e.refusals()).isNotEmpty();
      assertThat(e).hasMessageNotContaining(Rewriter.INTERNAL_ERROR);
    }
  }
}
