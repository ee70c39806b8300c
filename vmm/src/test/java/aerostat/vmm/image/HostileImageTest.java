package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import aerostat.vmm.image.rewrite.Rewriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Small images made to cost the VMM much: refused before they do. */
class HostileImageTest {
  private static ClassWriter begin(String name, String... interfaces) {
    ClassWriter out = new ClassWriter(0);
    int access = Opcodes.ACC_PUBLIC | Opcodes.ACC_INTERFACE | Opcodes.ACC_ABSTRACT;
    out.visit(
        Opcodes.V17,
        interfaces.length == 0 ? Opcodes.ACC_PUBLIC : access,
        name,
        null,
        "java/lang/Object",
        interfaces);
    return out;
  }

  private static MethodVisitor method(ClassWriter out, String name) {
    MethodVisitor m =
        out.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, name, "()V", null, null);
    m.visitCode();
    return m;
  }

  private static void limit(Map<String, byte[]> more, String text) {
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(JavaSource.compile(RefusalCase.COMMON));
    classes.putAll(more);
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    ImageRefusedException e =
        catchThrowableOfType(
            ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
    assertThat(e).isNotNull();
    assertThat(e.refusals())
        .anyMatch(r -> r.rule() == Rule.LIMITS && r.found().contains(text), "limit: " + text);
  }

  /** Each instruction has a frame of all locals and operands: a kilobyte a byte. */
  @Hostile(HostileKind.HUGE)
  @Test
  void framesOfManyLocals() {
    ClassWriter out = begin("t/Wide");
    for (int i = 0; i < 20; i++) {
      MethodVisitor m = method(out, "f" + i);
      for (int k = 0; k < 7000; k++) {
        m.visitInsn(Opcodes.NOP);
      }
      m.visitInsn(Opcodes.RETURN);
      m.visitMaxs(250, 250);
    }
    limit(Map.of("t/Wide", out.toByteArray()), "summed over the image");
  }

  @Hostile(HostileKind.HUGE)
  @Test
  void jumpsWithoutEnd() {
    ClassWriter out = begin("t/Jumps");
    MethodVisitor m = method(out, "f");
    Label start = new Label();
    m.visitLabel(start);
    for (int i = 0; i < 4001; i++) {
      m.visitInsn(Opcodes.ICONST_0);
      m.visitJumpInsn(Opcodes.IFNE, start);
    }
    m.visitInsn(Opcodes.RETURN);
    m.visitMaxs(1, 0);
    limit(Map.of("t/Jumps", out.toByteArray()), "jumps and switch cases");
  }

  @Hostile(HostileKind.HUGE)
  @Test
  void interfacesWithoutEnd() {
    String[] parents = new String[65];
    java.util.Arrays.setAll(parents, i -> "t/I" + i);
    limit(Map.of("t/Many", begin("t/Many", parents).toByteArray()), "64 interfaces");
  }

  /** Each throw is refused, none has a line; no search goes back for one from each. */
  @Hostile(HostileKind.HUGE)
  @Test
  void refusalsWithoutLines() {
    ClassWriter out = begin("t/Throws");
    for (int i = 0; i < 40; i++) {
      MethodVisitor m = method(out, "f" + i);
      m.visitInsn(Opcodes.ACONST_NULL);
      for (int k = 0; k < 23_000; k++) {
        m.visitInsn(Opcodes.ATHROW);
      }
      m.visitMaxs(1, 0);
    }
    Map<String, byte[]> classes = TestImages.machine();
    classes.putAll(JavaSource.compile(RefusalCase.COMMON));
    classes.put("t/Throws", out.toByteArray());
    GuestImage image = GuestImage.fromClasses(classes, "t.Entry");
    assertTimeoutPreemptively(
        Duration.ofSeconds(15),
        () -> {
          ImageRefusedException e =
              catchThrowableOfType(
                  ImageRefusedException.class, () -> Rewriter.rewrite(image, Rewriter.Options.VM));
          assertThat(e).isNotNull();
          assertThat(e.refusals()).hasSize(40).allMatch(r -> r.rule() == Rule.NO_EXCEPTIONS);
        });
  }

  /** The reader makes all of them anew at each call of it. */
  @Hostile(HostileKind.HUGE)
  @Test
  void argumentsOfABootstrapWithoutEnd() {
    ClassWriter out = begin("t/Boot");
    MethodVisitor m = method(out, "f");
    Object[] arguments = new Object[256];
    java.util.Arrays.fill(arguments, 7);
    Handle own = new Handle(Opcodes.H_INVOKESTATIC, "t/Boot", "b", "()V", false);
    m.visitInvokeDynamicInsn("go", "()V", own, arguments);
    m.visitInsn(Opcodes.RETURN);
    m.visitMaxs(0, 0);
    limit(Map.of("t/Boot", out.toByteArray()), "255 arguments of a bootstrap method");
  }

  @Hostile(HostileKind.HUGE)
  @Test
  void fieldsWithoutEnd() {
    ClassWriter out = begin("t/Fields");
    for (int i = 0; i < 4097; i++) {
      out.visitField(Opcodes.ACC_STATIC, "f" + i, "I", null, null);
    }
    limit(Map.of("t/Fields", out.toByteArray()), "4096 fields");
  }

  @Hostile(HostileKind.HUGE)
  @Test
  void descriptorWithoutEnd() {
    ClassWriter out = begin("t/Long");
    MethodVisitor m = method(out, "f");
    m.visitMethodInsn(Opcodes.INVOKESTATIC, "t/Long", "g", "(L" + "x".repeat(2040) + ";)V", false);
    m.visitMaxs(1, 0);
    limit(Map.of("t/Long", out.toByteArray()), "too long");
  }

  /** A manifest that inflates to a thousand times its size is not read to its end. */
  @Hostile(HostileKind.ALLOCATION)
  @Test
  void inflatedManifest(@TempDir Path folder) throws IOException {
    Path jar = folder.resolve("bomb.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(file)) {
      zip.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
      zip.write("Manifest-Version: 1.0\nX: ".getBytes(StandardCharsets.UTF_8));
      byte[] part = ("a".repeat(60) + "\n ").repeat(1000).getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < 100; i++) {
        zip.write(part);
      }
      zip.write("\nAerostat-Entry: a.B\n\n".getBytes(StandardCharsets.UTF_8));
      zip.closeEntry();
    }
    ImageRefusedException e =
        catchThrowableOfType(ImageRefusedException.class, () -> GuestImage.fromJar(jar));
    assertThat(e).isNotNull();
    assertThat(e.refusals().get(0).rule()).isEqualTo(Rule.LIMITS);
    assertThat(e.refusals().get(0).found()).contains("manifest");
  }
}
