package aerostat.tools.bench.boot;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Starts a process and takes the time until it prints something; then ends it. */
final class Stopwatch {
  /** Output that a process may print before it is given up. */
  private static final int MAX_OUTPUT = 1 << 20;

  private Stopwatch() {}

  /**
   * What was seen, in ns since the process was started.
   *
   * @param first when the first output came
   * @param found when the text was complete
   */
  record Times(long first, long found) {}

  /**
   * Runs a command until its standard output holds the text.
   *
   * @param text empty: until the end of its output
   * @throws IOException if it ends without
   */
  static Times until(String text, List<String> command, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    long start = System.nanoTime();
    Process process = builder.start();
    try (InputStream out = process.getInputStream()) {
      byte[] buffer = new byte[8192];
      StringBuilder seen = new StringBuilder();
      OptionalLong first = OptionalLong.empty();
      int n = out.read(buffer);
      while (n >= 0 && seen.length() < MAX_OUTPUT) {
        long now = System.nanoTime() - start;
        if (first.isEmpty()) {
          first = OptionalLong.of(now);
        }
        seen.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
        if (!text.isEmpty() && seen.indexOf(text) >= 0) {
          return new Times(first.getAsLong(), now);
        }
        n = out.read(buffer);
      }
      if (text.isEmpty() && first.isPresent()) {
        return new Times(first.getAsLong(), System.nanoTime() - start);
      }
      throw new IOException(command + " printed no '" + text + "' but: " + tail(seen));
    } finally {
      end(process);
    }
  }

  private static String tail(StringBuilder seen) {
    return seen.substring(Math.max(0, seen.length() - 400)).strip();
  }

  private static void end(Process process) {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
