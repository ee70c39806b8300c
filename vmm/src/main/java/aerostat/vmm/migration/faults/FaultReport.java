package aerostat.vmm.migration.faults;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Plans played, counted by their ends. */
public final class FaultReport {
  /** Plans wait more than they work. */
  private static final int AT_ONCE = 8;

  private final Map<EndState, Integer> counts = new EnumMap<>(EndState.class);
  private final List<PlanRun.Outcome> illegal = new ArrayList<>();
  private int plans;

  /**
   * Plays plans, several at a time.
   *
   * @param each told in the order of the plans
   */
  public static FaultReport play(List<FaultPlan> plans, Consumer<PlanRun.Outcome> each)
      throws InterruptedException {
    FaultReport report = new FaultReport();
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
      List<Future<PlanRun.Outcome>> ends = new ArrayList<>();
      plans.forEach(plan -> ends.add(threads.submit(() -> PlanRun.play(plan))));
      for (Future<PlanRun.Outcome> end : ends) {
        PlanRun.Outcome outcome = end.get();
        report.add(outcome);
        each.accept(outcome);
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a plan could not be played", e.getCause());
    }
    return report;
  }

  /** Counts one more. */
  public void add(PlanRun.Outcome outcome) {
    plans++;
    counts.merge(outcome.end(), 1, Integer::sum);
    if (!outcome.legal()) {
      illegal.add(outcome);
    }
  }

  /** How many plans were played. */
  public int plans() {
    return plans;
  }

  /** How many ended so. */
  public int count(EndState end) {
    return counts.getOrDefault(end, 0);
  }

  /** Those that ended as none may. */
  public List<PlanRun.Outcome> illegal() {
    return List.copyOf(illegal);
  }
}
