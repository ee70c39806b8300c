package aerostat.tools.explore;

import aerostat.tools.explore.Step.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All schedules of a setting, the shorter ones first; of two that lead to the same {@link Sight}
 * only the first is followed. So the first failure that is found has a shortest schedule.
 */
final class Search {
  /**
   * What was found.
   *
   * @param failing the shortest schedule that loses something, empty if there is none
   * @param violation what it loses
   * @param states different ones
   * @param schedules that were run
   * @param depth steps of the longest
   * @param complete whether every state was followed to its end
   */
  record Found(
      Setting setting,
      List<Step> failing,
      @Nullable String violation,
      int states,
      int schedules,
      int depth,
      boolean complete,
      long millis) {
    boolean asExpected() {
      return setting.expectsNone() ? failing.isEmpty() && complete : !failing.isEmpty();
    }
  }

  private final Stage stage;
  private final int maxDepth;
  private final boolean merge;
  private final Set<String> seen = new HashSet<>();
  private List<Path> level = new ArrayList<>();
  private int states;

  private record Path(@Nullable Path before, @Nullable Step step, List<Step> enabled) {
    List<Step> with(Step next) {
      List<Step> steps = new ArrayList<>();
      for (Path at = this; at != null && at.step() != null; at = at.before()) {
        steps.add(at.step());
      }
      java.util.Collections.reverse(steps);
      steps.add(next);
      return steps;
    }
  }

  /**
   * @param maxDepth most steps of a schedule
   * @param merge whether states that look alike are followed once
   */
  Search(Stage stage, int maxDepth, boolean merge) {
    this.stage = stage;
    this.maxDepth = maxDepth;
    this.merge = merge;
  }

  Found run() {
    long begin = System.nanoTime();
    level.add(new Path(null, null, stage.run(List.of(), false).enabled()));
    int depth = 0;
    while (!level.isEmpty() && depth < maxDepth) {
      depth++;
      List<Path> next = new ArrayList<>();
      for (Path path : level) {
        for (Step step : path.enabled()) {
          List<Step> schedule = path.with(step);
          Run run = stage.run(schedule, false);
          if (run.violation() != null) {
            return found(schedule, run.violation(), depth, true, begin);
          }
          if (step.kind() != Kind.FINISH && (seen.add(run.key()) || !merge)) {
            states++;
            next.add(new Path(path, step, run.enabled()));
          }
        }
      }
      level = next;
    }
    return found(List.of(), null, depth, level.isEmpty(), begin);
  }

  private Found found(
      List<Step> failing, @Nullable String violation, int depth, boolean complete, long begin) {
    return new Found(
        stage.setting(),
        failing,
        violation,
        states,
        stage.runs(),
        depth,
        complete,
        (System.nanoTime() - begin) / 1_000_000);
  }
}
