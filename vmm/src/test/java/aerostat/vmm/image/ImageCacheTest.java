package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.image.rewrite.Rewriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageCacheTest {
  private static final GuestImage IMAGE = TestImages.shapes();
  private static final RewrittenImage REWRITTEN = Rewriter.rewrite(IMAGE, Rewriter.Options.VM);

  @TempDir Path folder;

  private ImageCache cache() {
    return new ImageCache(folder.resolve("aerostat"), "f1");
  }

  @Test
  void whatIsStoredIsLoaded() {
    assertThat(cache().load(IMAGE)).isNull();
    cache().store(REWRITTEN);
    RewrittenImage loaded = cache().load(IMAGE);
    assertThat(loaded).isNotNull();
    assertThat(loaded.resumeTable().digest()).isEqualTo(REWRITTEN.resumeTable().digest());
    assertThat(loaded.startMethod()).isEqualTo(REWRITTEN.startMethod());
    assertThat(loaded.interruptMethod()).isEqualTo(REWRITTEN.interruptMethod());
    assertThat(loaded.threadMethod()).isEqualTo(REWRITTEN.threadMethod());
    assertThat(loaded.hostStackBytes()).isEqualTo(REWRITTEN.hostStackBytes());
    assertThat(loaded.reports()).isEqualTo(REWRITTEN.reports());
    for (Flavour f : Flavour.values()) {
      Map<String, byte[]> classes = loaded.classes().getOrDefault(f, Map.of());
      Map<String, byte[]> expected = REWRITTEN.classes().getOrDefault(f, Map.of());
      assertThat(classes).hasSameSizeAs(expected);
      expected.forEach((name, bytes) -> assertThat(classes.get(name)).isEqualTo(bytes));
    }
  }

  @Test
  void anotherRewriterHasFilesOfItsOwn() {
    cache().store(REWRITTEN);
    assertThat(new ImageCache(folder.resolve("aerostat"), "f2").load(IMAGE)).isNull();
  }

  @Test
  void damagedFilesAreIgnored() throws IOException {
    cache().store(REWRITTEN);
    Path file = cache().fileOf(IMAGE);
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(7);
    for (int i = 0; i < 200; i++) {
      byte[] bad = good.clone();
      bad[random.nextInt(bad.length)] ^= 1;
      Files.write(file, i % 5 == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : bad);
      assertThat(cache().load(IMAGE)).as("seed 7, round %d", i).isNull();
    }
    cache().store(REWRITTEN);
    assertThat(cache().load(IMAGE)).isNotNull();
  }

  @Test
  void filesThatOthersCanWriteAreIgnored() throws IOException {
    cache().store(REWRITTEN);
    Files.setPosixFilePermissions(
        cache().fileOf(IMAGE), PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(cache().load(IMAGE)).isNull();
  }

  @Test
  void aFolderThatCannotBeMadeIsNoFailure() throws IOException {
    Path file = Files.writeString(folder.resolve("plain"), "x");
    ImageCache cache = new ImageCache(file.resolve("below"), "f1");
    cache.store(REWRITTEN);
    assertThat(cache.load(IMAGE)).isNull();
  }

  @Test
  void noTemporaryFilesStay() throws IOException {
    cache().store(REWRITTEN);
    cache().store(REWRITTEN);
    try (var list = Files.list(folder.resolve("aerostat"))) {
      assertThat(list).hasSize(1);
    }
  }
}
