package aerostat.tools.bench.queue;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * The process that measures one case, so that the JIT has seen nothing else: {@code CASE WARMUP_MS
 * RUN_MS RUNS GUEST_CPU DEVICE_CPU}, processors −1 for any. Prints ns a buffer, a line for each run
 * that counts.
 */
final class QueueChild {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private QueueChild() {}

  static List<String> arguments(QueueCase what, QueueBench.Effort effort) {
    RingDevice.Schedule schedule = effort.schedule();
    return List.of(
        what.name(),
        Long.toString(schedule.warmUpNanos() / 1_000_000),
        Long.toString(schedule.runNanos() / 1_000_000),
        Integer.toString(schedule.runs()),
        Integer.toString(effort.guestCpu().orElse(-1)),
        Integer.toString(effort.deviceCpu().orElse(-1)));
  }

  static void main(String[] args) {
    RingDevice.Schedule schedule =
        new RingDevice.Schedule(
            Long.parseLong(args[1]) * 1_000_000,
            Long.parseLong(args[2]) * 1_000_000,
            Integer.parseInt(args[3]));
    try (RingMachine machine =
        new RingMachine(QueueCase.valueOf(args[0]), schedule, cpu(args[4]), cpu(args[5]))) {
      for (double nanos : machine.run(PATIENCE)) {
        System.out.printf(Locale.ROOT, "%.2f%n", nanos);
      }
    }
  }

  private static OptionalInt cpu(String argument) {
    int cpu = Integer.parseInt(argument);
    return cpu < 0 ? OptionalInt.empty() : OptionalInt.of(cpu);
  }
}
