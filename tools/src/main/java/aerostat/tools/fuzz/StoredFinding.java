package aerostat.tools.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A finding's folder, read.
 *
 * @param input the shortest form
 */
public record StoredFinding(TargetKind kind, BootedGuest.Setup setup, byte[] input) {
  private static final String TARGET = "target: ";

  /**
   * Reads a folder.
   *
   * @throws IOException if the folder does not hold a finding
   */
  public static StoredFinding read(Path folder) throws IOException {
    Path text = folder.resolve("finding.txt");
    List<String> lines = Files.readAllLines(text);
    // Its stack trace may hold anything; what tells of the target stands above the first empty
    // line.
    List<String> head = lines.stream().takeWhile(line -> !line.isBlank()).toList();
    if (head.isEmpty() || !head.getFirst().startsWith(TARGET)) {
      throw new IOException(text + " does not begin with its target");
    }
    try {
      return new StoredFinding(
          TargetKind.of(head.getFirst().substring(TARGET.length()).strip()),
          SetupText.parse(head),
          Files.readAllBytes(folder.resolve("minimal")));
    } catch (IllegalArgumentException e) {
      throw new IOException(text + ": " + e.getMessage(), e);
    }
  }

  /** Its events and how it ends, today. */
  public List<String> replay() {
    return BigStack.call(
        () -> {
          try (FuzzTarget target = kind.make(setup)) {
            return Findings.trace(target, input);
          }
        });
  }
}
