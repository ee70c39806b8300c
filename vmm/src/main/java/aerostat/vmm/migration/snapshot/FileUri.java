package aerostat.vmm.migration.snapshot;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * {@code file:PATH[,diff=on|off]}: a migration into a file, or out of one.
 *
 * @param diff whether only what changed since the last snapshot is saved
 */
public record FileUri(Path path, boolean diff) {
  private static final String SCHEME = "file:";
  private static final String DIFF = ",diff=";

  /** Whether it is one at all. */
  public static boolean is(String uri) {
    return uri.startsWith(SCHEME);
  }

  /**
   * Takes one apart.
   *
   * @throws IllegalArgumentException that says what is wrong with it
   */
  public static FileUri parse(String uri) {
    String rest = uri.substring(SCHEME.length());
    boolean diff = false;
    int option = rest.lastIndexOf(DIFF);
    if (option >= 0) {
      String word = rest.substring(option + DIFF.length());
      if (!word.equals("on") && !word.equals("off")) {
        throw new IllegalArgumentException("'" + uri + "': diff is on or off, not " + word);
      }
      diff = word.equals("on");
      rest = rest.substring(0, option);
    }
    if (rest.isEmpty()) {
      throw new IllegalArgumentException("'" + uri + "': the path is missing");
    }
    try {
      return new FileUri(Path.of(rest).toAbsolutePath(), diff);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + uri + "': " + e.getReason(), e);
    }
  }
}
