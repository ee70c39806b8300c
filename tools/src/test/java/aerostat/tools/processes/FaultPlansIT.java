package aerostat.tools.processes;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.bench.faults.ProcessPlans;
import aerostat.vmm.migration.faults.EndState;
import aerostat.vmm.migration.faults.FaultReport;
import aerostat.vmm.migration.faults.PlanRun;
import java.util.Arrays;
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

  @Test
  void noPlanEndsWithTwoRunningOrNone() throws Exception {
    FaultReport report = new FaultReport();
    long begin = System.nanoTime();
    try (ProcessPlans processes = new ProcessPlans()) {
      for (int i = 0; i < PLANS; i++) {
        PlanRun.Outcome outcome = processes.play(ProcessPlans.plan(FIRST_SEED + i));
        System.out.println(outcome.plan() + " -> " + outcome.end().words());
        assertThat(outcome.legal()).as("%s: %s", outcome.plan(), outcome.note()).isTrue();
        report.add(outcome);
      }
    }
    System.out.printf(
        "fault plans with processes: %d from seed %d on, in %d ms%n",
        report.plans(), FIRST_SEED, (System.nanoTime() - begin) / 1_000_000);
    for (EndState end : EndState.values()) {
      System.out.printf("  %5d  %s%n", report.count(end), end.words());
    }
    assertThat(report.illegal()).isEmpty();
    // A search that never reaches an end would prove nothing about it.
    assertThat(Arrays.stream(EndState.values()).filter(end -> report.count(end) > 0))
        .as("ends reached by %d plans", PLANS)
        .hasSizeGreaterThanOrEqualTo(Math.min(ENDS_REACHED, PLANS / 3));
  }
}
