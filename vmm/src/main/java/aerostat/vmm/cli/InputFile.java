package aerostat.vmm.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** Files that a command line names, and what is wrong with them in words. */
public final class InputFile {
  private InputFile() {}

  /**
   * Refuses what is no file to be read. Neither is a pipe or a device: it may never begin, or never
   * end.
   *
   * @param option that names the file, or empty
   * @throws CliException with code 3
   */
  public static void require(String option, Path file) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      String words = (option.isEmpty() ? "" : option + ": ") + "cannot read " + file;
      throw new CliException(ExitCode.UNAVAILABLE, words + ": " + obstacle(file));
    }
  }

  private static String obstacle(Path file) {
    if (!Files.exists(file)) {
      return "no such file";
    }
    if (Files.isDirectory(file)) {
      return "it is a folder";
    }
    return Files.isRegularFile(file) ? "permission denied" : "it is no regular file";
  }

  /** {@link #reason(IOException)} of the cause. */
  public static String reason(UncheckedIOException e) {
    IOException cause = e.getCause();
    return cause == null ? String.valueOf(e.getMessage()) : reason(cause);
  }

  /** What an exception says; where that would be a path alone, what is wrong with it, too. */
  public static String reason(IOException e) {
    String message = e.getMessage();
    return switch (e) {
      case NoSuchFileException gone -> message + ": no such file";
      case FileAlreadyExistsException there -> message + " exists, and is not what it should be";
      case AccessDeniedException denied -> message + ": permission denied";
      case NotDirectoryException file -> message + ": it is no folder";
      case CharacterCodingException binary -> "it is no text";
      default -> message == null ? e.getClass().getSimpleName() : message;
    };
  }
}
