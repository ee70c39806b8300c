package aerostat.tools.processes;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.tools.bench.faults.ProcessPlans;
import aerostat.vmm.migration.faults.EndState;
import aerostat.vmm.migration.faults.PlanRun;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Fault plans of the handover with real processes. The system property {@code aerostat.fault.plans}
 * sets how many: a few in each build, 50 before a release.
 */
@Timeout(600)
class FaultPlansIT {
  private static final int PLANS = Integer.getInteger("aerostat.fault.plans", 8);
  private static final long FIRST_SEED = 100;

  @Test
  void noPlanEndsWithTwoRunningOrNone() throws Exception {
    Map<EndState, Integer> ends = new EnumMap<>(EndState.class);
    try (ProcessPlans processes = new ProcessPlans()) {
      for (int i = 0; i < PLANS; i++) {
        PlanRun.Outcome outcome = processes.play(ProcessPlans.plan(FIRST_SEED + i));
        System.out.println(outcome.plan() + " -> " + outcome.end().words());
        assertThat(outcome.legal()).as("%s: %s", outcome.plan(), outcome.note()).isTrue();
        ends.merge(outcome.end(), 1, Integer::sum);
      }
    }
    assertThat(ends).as("ends reached by %d plans", PLANS).hasSizeGreaterThanOrEqualTo(3);
  }
}
