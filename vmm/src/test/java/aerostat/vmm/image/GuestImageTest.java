package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestMemory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestImageTest {
  @TempDir Path folder;

  @Test
  void theCanonicalFormIsItsOwnImage() {
    GuestImage image = TestImages.shapes();
    GuestImage again = GuestImage.decode(image.encode());
    assertThat(again.encode()).isEqualTo(image.encode());
    assertThat(again.digest()).isEqualTo(image.digest()).hasSize(32);
    assertThat(again.entryClass()).isEqualTo("aerostat.guest.shapes.ShapesEntry");
    assertThat(again.strings()).isEqualTo(image.strings());
    assertThat(again.classes().keySet()).isEqualTo(image.classes().keySet());
  }

  @Test
  void stringsLieWhereTheTableSays() {
    GuestImage image = TestImages.shapes();
    ByteBuffer rom = ByteBuffer.wrap(image.encode()).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(image.strings()).containsKeys("hello", "Grüße", "");
    image
        .strings()
        .forEach(
            (text, address) -> {
              int at = (int) (address - GuestMemory.RAM_BASE);
              assertThat(address % 8).isZero();
              assertThat(rom.getInt(at - 4)).isEqualTo(text.length());
              byte[] bytes = new byte[text.length()];
              rom.get(at, bytes);
              assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).isEqualTo(text);
              assertThat(rom.get(at + text.length())).isZero();
            });
  }

  @Test
  void jarsYieldTheSameImage() throws IOException {
    GuestImage image = TestImages.shapes();
    Path jar = folder.resolve("guest.jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .putValue(GuestImage.ENTRY_ATTRIBUTE, "aerostat.guest.shapes.ShapesEntry");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest)) {
      Map<String, byte[]> all = new TreeMap<>(image.classes());
      all.put("META-INF/versions/25/a/B", new byte[3]);
      all.put("module-info", new byte[3]);
      all.put("a/package-info", new byte[3]);
      all.put("aerostat/guest/plain/PlainMachine", new byte[3]);
      all.keySet().removeIf(n -> n.startsWith("aerostat/guest/machine/"));
      for (Map.Entry<String, byte[]> e : all.entrySet()) {
        out.putNextEntry(new JarEntry(e.getKey() + ".class"));
        out.write(e.getValue());
      }
    }
    assertThat(GuestImage.fromJar(jar).encode()).isEqualTo(image.encode());
  }

  @Test
  void whatIsNoJarIsAnIoFailure() throws IOException {
    Path file = Files.writeString(folder.resolve("x.jar"), "no jar");
    assertThatThrownBy(() -> GuestImage.fromJar(file)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> GuestImage.fromJar(folder.resolve("none.jar")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void namesAndSizesAreBounded() {
    assertThatThrownBy(() -> GuestImage.fromClasses(Map.of("a b", new byte[1]), "E"))
        .isInstanceOf(ImageRefusedException.class);
    assertThatThrownBy(() -> GuestImage.fromClasses(Map.of("a//b", new byte[1]), "E"))
        .isInstanceOf(ImageRefusedException.class);
    assertThatThrownBy(() -> GuestImage.fromClasses(Map.of(), "x".repeat(300)))
        .isInstanceOf(ImageRefusedException.class);
    assertThatThrownBy(
            () ->
                GuestImage.fromClasses(Map.of("a", new byte[GuestImage.MAX_CLASS_BYTES + 1]), "E"))
        .isInstanceOf(ImageRefusedException.class)
        .hasMessageContaining("G03");
  }

  @Test
  void aBlobOfAnotherVersionSaysSo() {
    byte[] blob = TestImages.shapes().encode();
    blob[8] = 9;
    assertThatThrownBy(() -> GuestImage.decode(blob)).hasMessageContaining("version 9");
  }

  @Test
  void anythingBehindTheImageIsRefused() {
    byte[] blob = TestImages.shapes().encode();
    assertThatThrownBy(() -> GuestImage.decode(java.util.Arrays.copyOf(blob, blob.length + 8)))
        .hasMessageContaining("canonical");
  }
}
