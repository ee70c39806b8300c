package aerostat.tools.bench.migration.goals;

import aerostat.tools.bench.migration.MigrationRun;
import aerostat.tools.bench.migration.ProcessPair;
import aerostat.tools.bench.migration.Scenario;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Verdict;
import aerostat.tools.child.ChildFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** How long an idle guest stands still, over many moves between the same two processes. */
final class DowntimeGoals implements GoalGroup.Measurement {
  private static final double MEDIAN_MILLIS = 3;
  private static final double P99_MILLIS = 10;

  /** Beside a long way: two round trips, and this. */
  private static final double MORE_MILLIS = 3;

  private final GoalContext context;

  DowntimeGoals(GoalContext context) {
    this.context = context;
  }

  @Override
  public List<Verdict> measure() throws IOException, ChildFailure {
    GoalSettings settings = context.settings();
    int delay = settings.delayMillis();
    Scenario idle =
        Scenario.of(
            "idle",
            settings.memoryBytes(),
            "workload=idle resident=" + (settings.residentBytes() >> 20) + "M",
            "resident: filled",
            delay > 0, // what hints dirty at last has the long way, too
            true);
    List<MigrationRun> all = context.measured(() -> moves(idle, settings.shortMoves(), delay));
    double[] still = all.stream().mapToDouble(MigrationRun::stillMillis).sorted().toArray();
    double[] qemus = all.stream().mapToDouble(MigrationRun::downtimeMillis).toArray();
    String note =
        "%d moves between the same two processes, the first took %.1f ms; as QEMU counts %.0f ms"
            .formatted(all.size(), all.getFirst().stillMillis(), Estimate.of(qemus).median());
    String guest = "idle, the guest stands still" + (delay > 0 ? ", " + delay + " ms away" : "");
    double limit = delay > 0 ? 2 * delay + MORE_MILLIS : MEDIAN_MILLIS;
    List<Verdict> verdicts = new ArrayList<>();
    verdicts.add(Verdict.atMost(guest + ", median", "ms", limit, Estimate.of(still)).noted(note));
    if (delay == 0) {
      verdicts.add(
          Verdict.atMost(guest + ", 99th percentile", "ms", P99_MILLIS, p99(still))
              .noted("the figure itself; the longest was %.1f ms".formatted(last(still))));
    }
    return verdicts;
  }

  private static double last(double[] sorted) {
    return sorted[sorted.length - 1];
  }

  /** The goal for the percentile is one for the figure, not for a bound of it. */
  private static Estimate p99(double[] sorted) {
    double p99 = Estimate.quantile(sorted, 0.99);
    return new Estimate(sorted.length, p99, p99, p99, 0);
  }

  /** Moves of a guest between one pair of processes. */
  private List<MigrationRun> moves(Scenario scenario, int count, int delayMillis)
      throws IOException, ChildFailure {
    List<MigrationRun> all = new ArrayList<>();
    try (ProcessPair pair = ProcessPair.boot(scenario, delayMillis)) {
      for (int i = 1; i <= count; i++) {
        all.add(pair.move());
        if (i % 100 == 0) {
          context.tell("%s: %d of %d moves", scenario.name(), i, count);
        }
      }
    }
    return all;
  }
}
