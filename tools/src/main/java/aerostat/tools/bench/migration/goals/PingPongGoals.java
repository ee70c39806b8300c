package aerostat.tools.bench.migration.goals;

import aerostat.tools.bench.hinting.PingPong;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Verdict;
import aerostat.tools.child.ChildFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The test of the v28 letter: what hints cost a guest that works while it is migrated. */
final class PingPongGoals implements GoalGroup.Measurement {
  private static final double IN_POLLS = 1.01;
  private static final double IN_TIME = 1.05;

  private final GoalContext context;

  PingPongGoals(GoalContext context) {
    this.context = context;
  }

  @Override
  public List<Verdict> measure() throws IOException, ChildFailure {
    GoalSettings settings = context.settings();
    List<Verdict> verdicts = new ArrayList<>();
    PollPingPong without = PollPingPong.run(false);
    PollPingPong with = PollPingPong.run(true);
    double ratio = (double) with.polls() / without.polls();
    verdicts.add(
        Verdict.atMost(
                "churn, migrated ceaselessly: guest polls with hints / without",
                "",
                IN_POLLS,
                new Estimate(1, ratio, ratio, ratio, 1))
            .noted(
                "deterministic: %d / %d polls, %d and %d migrations, %d pages hinted"
                    .formatted(
                        with.polls(),
                        without.polls(),
                        with.migrations(),
                        without.migrations(),
                        with.hinted())));
    List<Double> ratios = new ArrayList<>();
    List<Double> moved = new ArrayList<>();
    for (int i = 1; i <= settings.runs(); i++) {
      PingPong stays = ping(PingPong.Way.STAYS);
      // In turn, so that neither always comes second.
      boolean hintsFirst = i % 2 == 0;
      PingPong first = ping(hintsFirst ? PingPong.Way.WITH_HINTS : PingPong.Way.WITHOUT_HINTS);
      PingPong second = ping(hintsFirst ? PingPong.Way.WITHOUT_HINTS : PingPong.Way.WITH_HINTS);
      PingPong hints = hintsFirst ? first : second;
      PingPong none = hintsFirst ? second : first;
      ratios.add(hints.seconds() / none.seconds());
      moved.add(none.seconds() / stays.seconds());
      context.tell(
          "churn: %.1f s at rest, %.1f s moved, %.1f s with hints",
          stays.seconds(), none.seconds(), hints.seconds());
    }
    verdicts.add(
        Verdict.atMost(
                "churn, migrated ceaselessly: time with hints / without",
                "",
                IN_TIME,
                Estimate.of(ratios))
            .noted(
                "moved / at rest "
                    + Estimate.of(moved).show(2)
                    + "; the letter: 5 min 12 s / 5 min 14 s"));
    return verdicts;
  }

  private PingPong ping(PingPong.Way way) throws IOException, ChildFailure {
    GoalSettings settings = context.settings();
    return context.measured(() -> PingPong.once(way, settings.memoryBytes(), settings.churn()));
  }
}
