package aerostat.vmm.image;

import aerostat.vmm.cpu.ResumeEntry;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tells rewriters apart for the cache on disk: the version, and size and time of the files that the
 * code was loaded from, so that a changed build never meets its predecessor's output.
 */
final class Fingerprint {
  private static final int LENGTH = 8;

  private Fingerprint() {}

  static String get() {
    StringBuilder text = new StringBuilder("version " + Images.REWRITER_VERSION);
    try {
      CodeSource source = ResumeEntry.class.getProtectionDomain().getCodeSource();
      if (source != null && source.getLocation() != null) {
        Path code = Path.of(source.getLocation().toURI());
        for (Path p : Files.isDirectory(code) ? classes(code) : List.of(code)) {
          text.append(' ').append(p).append(' ').append(Files.size(p));
          text.append(' ').append(Files.getLastModifiedTime(p).toMillis());
        }
      }
    } catch (IOException | URISyntaxException | RuntimeException e) {
      // No file behind the code: the version alone must do.
      text.append(" no files");
    }
    byte[] hash = ImageBlob.sha256(text.toString().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(Arrays.copyOf(hash, LENGTH));
  }

  private static List<Path> classes(Path root) throws IOException {
    try (Stream<Path> walk = Files.walk(root.resolve("aerostat/vmm/image"))) {
      return walk.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
