package aerostat.tools.processes;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.bench.faults.ProcessPlans;
import aerostat.vmm.migration.faults.EndState;
import aerostat.vmm.migration.faults.FaultReport;
import aerostat.vmm.migration.faults.PlanRun;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Fault plans of the handover with real processes. The system property {@code aerostat.fault.plans}
 * sets how many, {@code aerostat.fault.seed} the first one's seed.
 */
@Timeout(600)
class FaultPlansIT {
  private static final int PLANS = Integer.getInteger("aerostat.fault.plans", 50);
  private static final long FIRST_SEED = Long.getLong("aerostat.fault.seed", 100);
  private static final int ENDS_REACHED = 6;

  /** Plans mostly wait, for processes that start. */
  private static final int LANES = 2;

  @Test
  void noPlanEndsWithTwoRunningOrNone() throws Exception {
    FaultReport report = new FaultReport();
    long begin = System.nanoTime();
    List<Future<List<PlanRun.Outcome>>> lanes = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(LANES)) {
      for (int i = 0; i < LANES; i++) {
        int first = i;
        lanes.add(threads.submit(() -> lane(first)));
      }
    }
    for (Future<List<PlanRun.Outcome>> lane : lanes) {
      lane.get().forEach(report::add);
    }
    System.out.printf(
        "fault plans with processes: %d from seed %d on, in %d ms%n",
        report.plans(), FIRST_SEED, (System.nanoTime() - begin) / 1_000_000);
    for (EndState end : EndState.values()) {
      System.out.printf("  %5d  %s%n", report.count(end), end.words());
    }
    assertThat(report.illegal()).isEmpty();
    assertThat(report.plans()).isEqualTo(PLANS);
    // A search that never reaches an end would prove nothing about it.
    assertThat(Arrays.stream(EndState.values()).filter(end -> report.count(end) > 0))
        .as("ends reached by %d plans", PLANS)
        .hasSizeGreaterThanOrEqualTo(Math.min(ENDS_REACHED, PLANS / 3));
  }

  /** Every n-th plan, with processes of their own. */
  private static List<PlanRun.Outcome> lane(int first) throws Exception {
    List<PlanRun.Outcome> outcomes = new ArrayList<>();
    try (ProcessPlans processes = new ProcessPlans()) {
      for (int i = first; i < PLANS; i += LANES) {
        PlanRun.Outcome outcome = processes.play(ProcessPlans.plan(FIRST_SEED + i));
        System.out.println(outcome.plan() + " -> " + outcome.end().words());
        assertThat(outcome.legal()).as("%s: %s", outcome.plan(), outcome.note()).isTrue();
        outcomes.add(outcome);
      }
    }
    return outcomes;
  }
}
