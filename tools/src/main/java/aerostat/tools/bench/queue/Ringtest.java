package aerostat.tools.bench.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * A built program of Linux's tools/virtio/ringtest. It prints nothing, so it is timed: a run of
 * many buffers less a run of few, which leaves its start out.
 *
 * <p>With {@code --sleep} it hangs now and then, both of its threads asleep.
 *
 * @param name of the program
 * @param patience for one run, which takes half a second
 */
record Ringtest(Path directory, String name, Duration patience) {
  private static final int FIRST = 20_000;
  private static final int TRIES = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** What a run less another should take, in ns. */
  private static final double WANTED_NANOS = 400e6;

  /** Those that have our rings' counterparts. */
  static final List<String> NAMES = List.of("virtio_ring_0_9", "ring");

  /** Those of the two that were built there. */
  static List<Ringtest> in(Path directory) {
    return NAMES.stream()
        .filter(name -> Files.isExecutable(directory.resolve(name)))
        .map(name -> new Ringtest(directory, name, PATIENCE))
        .toList();
  }

  /** The counterpart of a case's ring. */
  static String counterpart(QueueCase what) {
    return what.packed() ? "ring" : "virtio_ring_0_9";
  }

  /**
   * ns a buffer; NaN if the program does not end, tried three times.
   *
   * @throws IOException if the program fails
   */
  double measure(QueueCase what, OptionalInt guestCpu, OptionalInt deviceCpu) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      long few = run(what, guestCpu, deviceCpu, FIRST);
      int many = (int) Math.clamp(FIRST * (WANTED_NANOS / Math.abs(few)), 2.0 * FIRST, 1e8);
      long all = few < 0 ? few : run(what, guestCpu, deviceCpu, many);
      if (all >= 0) {
        return (double) (all - few) / (many - FIRST);
      }
    }
    return Double.NaN;
  }

  /** Nanoseconds; negative if it did not end. */
  private long run(QueueCase what, OptionalInt guestCpu, OptionalInt deviceCpu, int buffers)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(directory.resolve(name).toString());
    command.addAll(what.ringtestArguments());
    guestCpu.ifPresent(cpu -> command.add("--guest-affinity=" + cpu));
    deviceCpu.ifPresent(cpu -> command.add("--host-affinity=" + cpu));
    command.add("--run-cycles=" + buffers);
    long begin = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        return -1;
      }
      if (process.exitValue() != 0) {
        throw new IOException(String.join(" ", command) + " failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
    return System.nanoTime() - begin;
  }
}
