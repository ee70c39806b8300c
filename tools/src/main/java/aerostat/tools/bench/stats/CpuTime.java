package aerostat.tools.bench.stats;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The host's processor time since it booted, in clock ticks over all processors, from the first
 * line of {@code /proc/stat}.
 *
 * @param total all states together
 * @param stolen time in which a hypervisor below this host ran something else
 */
public record CpuTime(long total, long stolen) {
  private static final Path SOURCE = Path.of("/proc/stat");
  private static final int STEAL = 7;
  private static final int STATES = 8;

  /** Now; all zero where the host does not tell. */
  public static CpuTime now() {
    try (var lines = Files.lines(SOURCE, StandardCharsets.US_ASCII)) {
      return lines.findFirst().map(CpuTime::parse).orElse(new CpuTime(0, 0));
    } catch (IOException | java.io.UncheckedIOException e) {
      return new CpuTime(0, 0);
    }
  }

  /** Of a line {@code cpu user nice system idle iowait irq softirq steal …}; zero for others. */
  static CpuTime parse(String line) {
    String[] fields = line.trim().split("\\s+");
    if (fields.length <= STATES || !fields[0].equals("cpu")) {
      return new CpuTime(0, 0);
    }
    long total = 0;
    for (int i = 1; i <= STATES; i++) {
      total += Long.parseLong(fields[i]);
    }
    // Guest time, in the fields behind, is part of user time.
    return new CpuTime(total, Long.parseLong(fields[STEAL + 1]));
  }

  /** Part of all processors' time since then that was stolen, 0 to 1. */
  public double stolenSince(CpuTime then) {
    long all = total - then.total;
    return all <= 0 ? 0 : (double) (stolen - then.stolen) / all;
  }
}
