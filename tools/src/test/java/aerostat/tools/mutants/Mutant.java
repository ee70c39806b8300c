package aerostat.tools.mutants;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A change of one line that breaks a rule, and the test that has to notice.
 *
 * @param source module/package/Class of the changed class
 * @param original the line, or a part of it, that is found exactly once
 * @param changed what stands in its place
 * @param test module/package.Class or module/package.Class#method
 */
record Mutant(String rule, String source, String original, String changed, String test) {
  /** In place of a source: no one-line mutant is possible. */
  private static final String NONE = "none";

  /** The mutants of a file: tab-separated lines, {@code #} begins a comment. */
  static List<Mutant> read(Path file) throws IOException {
    List<Mutant> mutants = new ArrayList<>();
    for (String[] cells : rows(file)) {
      if (!cells[1].equals(NONE)) {
        mutants.add(new Mutant(cells[0], cells[1], cells[2], cells[3], cells[4]));
      }
    }
    return mutants;
  }

  /** Rules that the file says can have none, and why. */
  static Map<String, String> impossible(Path file) throws IOException {
    Map<String, String> reasons = new TreeMap<>();
    for (String[] cells : rows(file)) {
      if (cells[1].equals(NONE)) {
        reasons.put(cells[0], cells[2]);
      }
    }
    return reasons;
  }

  private static List<String[]> rows(Path file) throws IOException {
    List<String[]> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        String[] cells = line.split("\t", -1);
        if (cells.length != (cells[1].equals(NONE) ? 3 : 5)) {
          throw new IOException(file + ": " + cells.length + " cells: " + line);
        }
        rows.add(cells);
      }
    }
    return rows;
  }

  private static String module(String name) {
    return name.substring(0, name.indexOf('/'));
  }

  String sourceModule() {
    return module(source);
  }

  String testModule() {
    return module(test);
  }

  Path sourceFile(Path root) {
    return root.resolve(sourceModule())
        .resolve("src/main/java")
        .resolve(source.substring(source.indexOf('/') + 1) + ".java");
  }

  /** As JUnit selects it: class or class#method. */
  String selector() {
    return test.substring(test.indexOf('/') + 1);
  }

  /** The class's text with the change; null if the line is not there exactly once. */
  @Nullable String apply(String text) {
    int at = text.indexOf(original);
    if (at < 0 || text.indexOf(original, at + 1) >= 0) {
      return null;
    }
    return text.substring(0, at) + changed + text.substring(at + original.length());
  }
}
