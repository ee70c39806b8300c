package aerostat.vmm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The pages of docs/ in the checkout around the folder that a test runs in. */
public final class ProjectDocs {
  private ProjectDocs() {}

  /** A page by its name, as {@code cli.md}. */
  public static Path page(String name) {
    Path dir = Path.of("").toAbsolutePath();
    while (!Files.exists(dir.resolve("docs").resolve(name))) {
      dir = Objects.requireNonNull(dir.getParent(), "no project around the working folder");
    }
    return dir.resolve("docs").resolve(name);
  }

  public static String text(String name) throws IOException {
    return Files.readString(page(name));
  }
}
