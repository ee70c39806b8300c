package aerostat.tools.house;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The checkout around the folder that a test runs in. */
public final class ProjectRoot {
  private ProjectRoot() {}

  /** The folder that holds all modules and docs. */
  public static Path find() {
    Path dir = Path.of("").toAbsolutePath();
    while (!Files.exists(dir.resolve("docs/reference"))) {
      dir = Objects.requireNonNull(dir.getParent(), "no project around the working folder");
    }
    return dir;
  }
}
