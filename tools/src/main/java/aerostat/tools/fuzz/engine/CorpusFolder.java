package aerostat.tools.fuzz.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** A folder of inputs, one file each, named by content as libFuzzer does. */
final class CorpusFolder {
  private static final long LONGEST = 1 << 20;

  private CorpusFolder() {}

  /**
   * All files of a folder in the order of their names, but those that are too long, which it says;
   * none if it is not there.
   */
  static List<byte[]> read(Path folder) throws IOException {
    List<byte[]> inputs = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return inputs;
    }
    int tooLong = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        if (Files.size(file) <= LONGEST) {
          inputs.add(Files.readAllBytes(file));
        } else {
          tooLong++;
        }
      }
    }
    if (tooLong > 0) {
      System.out.println(folder + ": " + tooLong + " files above 1 MiB are left out");
    }
    return inputs;
  }

  static void write(Path folder, Iterable<byte[]> inputs) throws IOException {
    Files.createDirectories(folder);
    for (byte[] input : inputs) {
      Files.write(folder.resolve(name(input)), input);
    }
  }

  private static String name(byte[] input) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(input));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
