package aerostat.tools.bench.queue;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Estimate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs the cases in rounds, each in a process of its own and right beside its counterpart of
 * ringtest; the order of every second round is reversed.
 */
final class QueueBench {
  /**
   * How much to measure.
   *
   * @param rounds of all cases
   * @param schedule of each process
   * @param guestCpu processor of the guest's side, empty for any
   * @param deviceCpu processor of the device's side
   */
  record Effort(
      int rounds,
      RingDevice.Schedule schedule,
      OptionalInt guestCpu,
      OptionalInt deviceCpu,
      List<QueueCase> cases,
      List<Ringtest> ringtests) {}

  private static final List<String> JVM =
      List.of(
          "-XX:+UseSerialGC",
          "-Xms16m",
          "-Xmx512m",
          "-Xss512k",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");
  private static final long PATIENCE_SECONDS = 120;

  private final Effort effort;
  private final Consumer<String> progress;
  private final Disturbance disturbance = new Disturbance();

  QueueBench(Effort effort, Consumer<String> progress) {
    this.effort = effort;
    this.progress = progress;
  }

  QueueReport run() throws IOException {
    QueueReport report = new QueueReport(effort.cases(), disturbance);
    for (int round = 1; round <= effort.rounds(); round++) {
      List<QueueCase> order = new ArrayList<>(effort.cases());
      if (round % 2 == 0) {
        Collections.reverse(order);
      }
      for (QueueCase what : order) {
        QueueReport.Pair pair = disturbance.measure(() -> measure(what));
        report.add(what, pair);
        progress.accept(
            String.format(
                Locale.ROOT, "round %d of %d: %s: %s", round, effort.rounds(), what.title(), pair));
      }
    }
    return report;
  }

  private QueueReport.Pair measure(QueueCase what) throws IOException {
    double ours = child(what);
    String counterpart = Ringtest.counterpart(what);
    for (Ringtest ringtest : effort.ringtests()) {
      if (ringtest.name().equals(counterpart)) {
        return new QueueReport.Pair(
            ours, ringtest.measure(what, effort.guestCpu(), effort.deviceCpu()));
      }
    }
    return new QueueReport.Pair(ours, Double.NaN);
  }

  /** ns a buffer, the median of what a new process measured. */
  private double child(QueueCase what) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(QueueChild.class.getName());
    command.addAll(QueueChild.arguments(what, effort));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      // A few hundred bytes: they fit the pipe, so nobody has to read meanwhile.
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException("the process that measures " + what + " failed or did not end");
      }
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return Estimate.of(out.lines().map(Double::valueOf).toList()).median();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
