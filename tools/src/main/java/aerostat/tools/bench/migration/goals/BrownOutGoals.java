package aerostat.tools.bench.migration.goals;

import aerostat.tools.bench.migration.MigrationRun;
import aerostat.tools.bench.migration.ProcessPair;
import aerostat.tools.bench.migration.Scenario;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Verdict;
import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How long {@code kvstore} is slower than before, in a new process and in one that had guests. */
final class BrownOutGoals implements GoalGroup.Measurement {
  private static final double FRESH_MILLIS = 1000;
  private static final double USED_MILLIS = 50;
  private static final double BACK = 0.9;
  private static final int MOVES = 3;
  private static final long MEMORY = 1L << 30;
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final GoalContext context;

  BrownOutGoals(GoalContext context) {
    this.context = context;
  }

  @Override
  public List<Verdict> measure() throws IOException, ChildFailure {
    GoalSettings settings = context.settings();
    Scenario kvstore =
        Scenario.of(
            "kvstore",
            Math.min(MEMORY, settings.memoryBytes()),
            "workload=kvstore",
            "workload-stat",
            false,
            true);
    List<Double> fresh = new ArrayList<>();
    List<Double> used = new ArrayList<>();
    for (int i = 0; i < settings.runs(); i++) {
      List<Double> pair = context.measured(() -> moves(kvstore));
      fresh.add(pair.getFirst());
      used.addAll(pair.subList(1, pair.size()));
      context.tell("brown-out: %s ms", pair);
    }
    return List.of(
        Verdict.atMost(
                "brown-out of kvstore, fresh process", "ms", FRESH_MILLIS, Estimate.of(fresh))
            .noted("resolution 5 ms"),
        Verdict.atMost(
                "brown-out of kvstore, process that had guests",
                "ms",
                USED_MILLIS,
                Estimate.of(used))
            .noted("resolution 5 ms"));
  }

  private static List<Double> moves(Scenario scenario) throws IOException, ChildFailure {
    List<Double> all = new ArrayList<>();
    try (ProcessPair pair = ProcessPair.boot(scenario, 0)) {
      for (int i = 0; i < MOVES; i++) {
        MigrationRun run = pair.move();
        Map<String, @Nullable Object> arrived = pair.here().query("query-migrate");
        for (Patience patience = new Patience(LIMIT); !arrived.containsKey("x-brown-out"); ) {
          if (!patience.wait(LOOK)) {
            throw new ChildFailure("the destination tells of no brown-out: " + arrived);
          }
          arrived = pair.here().query("query-migrate");
        }
        double rate = number(arrived.get("x-polls-per-second"));
        double before = number(run.state().get("x-polls-per-second"));
        // Without hints, whose work would count as well. A guest that never gets back to its rate
        // has no end of its brown-out.
        all.add(rate < BACK * before ? LIMIT.toMillis() : number(arrived.get("x-brown-out")));
      }
    }
    return all;
  }

  private static double number(@Nullable Object value) {
    return value instanceof Number n ? n.doubleValue() : 0;
  }
}
