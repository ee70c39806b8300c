package aerostat.tools.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A finding's folder, read.
 *
 * @param input the shortest form that was reached
 */
public record StoredFinding(TargetKind kind, BootedGuest.Setup setup, byte[] input) {
  private static final String TARGET = "target: ";

  /** Bytes of a file that may be a finding's. */
  private static final long LONGEST = 1 << 20;

  /**
   * Reads a folder.
   *
   * @throws IOException if the folder does not hold a finding, or not one that can be replayed here
   */
  public static StoredFinding read(Path folder) throws IOException {
    Path text = folder.resolve("finding.txt");
    requireShort(text);
    List<String> lines = Files.readAllLines(text);
    // Its stack trace may hold anything; what tells of the target stands above the first empty
    // line.
    List<String> head = lines.stream().takeWhile(line -> !line.isBlank()).toList();
    if (head.isEmpty() || !head.getFirst().startsWith(TARGET)) {
      throw new IOException(text + " does not begin with its target");
    }
    Path minimal = folder.resolve("minimal");
    Path input = Files.exists(minimal) ? minimal : folder.resolve("input");
    requireShort(input);
    try {
      return new StoredFinding(
          TargetKind.of(head.getFirst().substring(TARGET.length()).strip()),
          SetupText.parse(head),
          Files.readAllBytes(input));
    } catch (IllegalArgumentException e) {
      throw new IOException(text + ": " + e.getMessage(), e);
    }
  }

  private static void requireShort(Path file) throws IOException {
    if (Files.size(file) > LONGEST) {
      throw new IOException(file + ": longer than any finding, " + (LONGEST >> 10) + " KiB");
    }
  }

  /**
   * Its events and how it ends, today.
   *
   * @throws IllegalArgumentException if what it needs cannot be had any more
   */
  public List<String> replay() {
    return BigStack.call(
        () -> {
          try (FuzzTarget target = kind.make(setup)) {
            return Findings.trace(target, input);
          } catch (FuzzFinding beforeAnyInput) {
            return List.of("FINDING " + beforeAnyInput.getMessage());
          }
        });
  }
}
