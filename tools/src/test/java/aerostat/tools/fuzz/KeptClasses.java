package aerostat.tools.fuzz;

import aerostat.tools.fuzz.image.ImageTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The class files that make a finding of target {@code image}, in its folder: an input's bytes are
 * places in whatever javac makes of the sample.
 */
final class KeptClasses {
  private static final String FOLDER = "classes";
  private static final String SUFFIX = ".class";

  private KeptClasses() {}

  /** What they come to today; as {@link StoredFinding#replay}. */
  static List<String> replay(Path finding) throws IOException {
    SortedMap<String, byte[]> classes = read(finding.resolve(FOLDER));
    return BigStack.call(
        () -> {
          List<String> lines = new ArrayList<>();
          try (ImageTarget target = new ImageTarget()) {
            target.check(classes, new Lines(lines));
            lines.add("every property holds");
          } catch (FuzzFinding found) {
            lines.add("FINDING " + found.getMessage());
          }
          return lines;
        });
  }

  private record Lines(List<String> lines) implements FuzzLog {
    @Override
    public boolean on() {
      return true;
    }

    @Override
    public void say(String event) {
      lines.add(event);
    }
  }

  /** Keeps what an input makes of the sample as it is compiled today, once. */
  static void keep(Path finding, byte[] input) throws IOException {
    if (Files.exists(finding.resolve(FOLDER))) {
      return;
    }
    try (ImageTarget target = new ImageTarget()) {
      for (Map.Entry<String, byte[]> e : target.damaged(input, FuzzLog.OFF).entrySet()) {
        Path file = finding.resolve(FOLDER).resolve(e.getKey() + SUFFIX);
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.write(file, e.getValue());
      }
    }
  }

  private static SortedMap<String, byte[]> read(Path folder) throws IOException {
    SortedMap<String, byte[]> classes = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        classes.put(name.substring(0, name.length() - SUFFIX.length()), Files.readAllBytes(file));
      }
    }
    return classes;
  }
}
