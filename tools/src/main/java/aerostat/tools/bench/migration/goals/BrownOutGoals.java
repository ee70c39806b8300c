package aerostat.tools.bench.migration.goals;

import aerostat.tools.bench.migration.ProcessPair;
import aerostat.tools.bench.migration.Scenario;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Verdict;
import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.tools.child.VmmChild;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
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
        double before = rate(pair.here(), 0);
        int seen = pair.there().console().length();
        var unused = pair.move();
        double millis = brownOut(pair.here());
        // A guest that never gets back to its rate has no end of its brown-out.
        all.add(rate(pair.here(), seen) < BACK * before ? LIMIT.toMillis() : millis);
      }
    }
    return all;
  }

  /** By the guest's polls, of which 5 ms have enough; the process measures it itself. */
  private static double brownOut(VmmChild child) throws ChildFailure {
    Patience patience = new Patience(LIMIT);
    while (true) {
      Map<String, @Nullable Object> arrived = child.query("query-migrate");
      if (arrived.get("x-brown-out") instanceof Number millis) {
        return millis.doubleValue();
      }
      if (!patience.wait(LOOK)) {
        throw new ChildFailure("the destination tells of no brown-out: " + arrived);
      }
    }
  }

  private static double rate(VmmChild child, int from) throws ChildFailure {
    Patience patience = new Patience(LIMIT);
    while (true) {
      OptionalDouble rate = WorkRate.of(child.console(), from);
      if (rate.isPresent()) {
        return rate.getAsDouble();
      }
      if (!patience.wait(LOOK)) {
        throw new ChildFailure("kvstore gives no account of itself in " + child.name());
      }
    }
  }
}
