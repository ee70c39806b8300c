package aerostat.tools.bench.balloon;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.tools.child.VmmChild;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A guest in a process of its own that has touched so much memory and freed it again. */
final class TouchedGuest implements AutoCloseable {
  private static final Duration BOOT_LIMIT = Duration.ofMinutes(2);

  /** Of a balloon that does not move any more. */
  private static final Duration BALLOON_LIMIT = Duration.ofMinutes(2);

  private static final Duration LOOK = Duration.ofMillis(2);

  private final Path folder;
  private final VmmChild process;
  private final long memory;

  private TouchedGuest(Path folder, VmmChild process, long memory) {
    this.folder = folder;
    this.process = process;
    this.memory = memory;
  }

  /**
   * Boots it and waits until the memory is touched.
   *
   * @param size to touch, 0 for none
   * @param room RAM is made for so much to be touched
   * @param balloon options, as of {@code --balloon}
   */
  static TouchedGuest boot(long size, long room, String balloon) throws IOException, ChildFailure {
    // Little more than what is touched, so that it is the touched pages that are given away.
    long memory = (room + room / 32 + (64L << 20)) & -(1L << 20);
    Path folder = Files.createTempDirectory("aerostat-bench");
    List<String> options =
        List.of(
            "--memory",
            Long.toString(memory),
            "--balloon",
            balloon,
            "--append",
            "workload=idle touch=" + (size >> 20) + "M");
    TouchedGuest guest = new TouchedGuest(folder, VmmChild.start("A", folder, options), memory);
    try {
      guest.process.awaitConsole("virtio_balloon virtio0: ready", BOOT_LIMIT);
      if (size > 0) {
        guest.process.awaitConsole("touch: touched", BOOT_LIMIT);
      }
      return guest;
    } catch (ChildFailure e) {
      guest.close();
      throw e;
    }
  }

  /** Milliseconds until the balloon holds so much, the host's looking included. */
  double inflateTo(long bytes) throws ChildFailure {
    long begin = System.nanoTime();
    process.qmp("balloon", Map.of("value", memory - bytes));
    Patience patience = new Patience(BALLOON_LIMIT);
    while (process.balloon() != memory - bytes) {
      if (!patience.wait(LOOK)) {
        throw new ChildFailure(
            "the balloon is at " + (memory - process.balloon()) + " bytes and not at " + bytes);
      }
    }
    return (System.nanoTime() - begin) / 1e6;
  }

  /** A figure of x-query-pages. */
  long pages(String name) throws ChildFailure {
    Map<String, @Nullable Object> answer = process.query("x-query-pages");
    return answer.get(name) instanceof Long number ? number : 0;
  }

  double processorMillis() {
    return process.processorTime().toNanos() / 1e6;
  }

  @Override
  public void close() throws IOException {
    process.close();
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(folder);
  }
}
