package aerostat.tools.bench.migration.goals;

import aerostat.tools.bench.stats.Verdict;
import aerostat.tools.child.ChildFailure;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/** Goals that are measured together, by the names that {@code --goals} takes. */
enum GoalGroup {
  IDLE("idle", IdleGoals::new),
  DOWNTIME("downtime", DowntimeGoals::new),
  DIRTY("dirty", DirtyGoal::new),
  PING_PONG("ping-pong", PingPongGoals::new),
  BROWN_OUT("brown-out", BrownOutGoals::new),
  RESTORE("restore", RestoreGoals::new);

  /** Measures. */
  interface Measurement {
    List<Verdict> measure() throws IOException, ChildFailure;
  }

  private final String word;
  private final Function<GoalContext, Measurement> measurement;

  GoalGroup(String word, Function<GoalContext, Measurement> measurement) {
    this.word = word;
    this.measurement = measurement;
  }

  String word() {
    return word;
  }

  Measurement of(GoalContext context) {
    return measurement.apply(context);
  }
}
