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
import java.util.Map;

/** A guest that writes, a connection with a limit, and a limit to the downtime. */
final class DirtyGoal implements GoalGroup.Measurement {
  private static final int RATE = 200;
  private static final int LIMIT_MILLIS = 100;
  private static final double WITHIN = 95;
  private static final int MOST_MOVES = 100;

  /** It writes the same 32 MiB over and over, so the rest of its memory counts for nothing. */
  private static final long MEMORY = 1L << 30;

  private final GoalContext context;

  DirtyGoal(GoalContext context) {
    this.context = context;
  }

  @Override
  public List<Verdict> measure() throws IOException, ChildFailure {
    GoalSettings settings = context.settings();
    int count = Math.min(MOST_MOVES, settings.shortMoves());
    Scenario dirty =
        Scenario.of(
                "dirty " + RATE + " MiB/s",
                Math.min(MEMORY, settings.memoryBytes()),
                "workload=dirty dirty.rate=" + RATE,
                "workload-stat",
                true,
                true)
            .with(Map.of("max-bandwidth", 400L << 20, "downtime-limit", LIMIT_MILLIS));
    List<Double> all = context.measured(() -> downtimes(dirty, count));
    long within = all.stream().filter(millis -> millis <= LIMIT_MILLIS).count();
    double share = 100.0 * within / count;
    Estimate still = Estimate.of(all);
    return List.of(
        Verdict.atLeast(
                dirty.guest() + ", max-bandwidth=400M, downtime-limit=100: within",
                "of 100",
                WITHIN,
                new Estimate(count, share, share, share, 0))
            .noted(
                "%d of %d, median %.1f ms, longest %.1f ms; guest of 1 GiB, same two processes"
                    .formatted(
                        within,
                        count,
                        still.median(),
                        all.stream().mapToDouble(Double::doubleValue).max().orElse(0))));
  }

  /** The longer of the two definitions. */
  private static List<Double> downtimes(Scenario scenario, int count)
      throws IOException, ChildFailure {
    List<Double> all = new ArrayList<>();
    try (ProcessPair pair = ProcessPair.boot(scenario, 0)) {
      for (int i = 0; i < count; i++) {
        MigrationRun run = pair.move();
        all.add(Math.max(run.stillMillis(), run.downtimeMillis()));
      }
    }
    return all;
  }
}
