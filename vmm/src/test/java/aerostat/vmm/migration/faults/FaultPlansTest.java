package aerostat.vmm.migration.faults;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.machine.Sabotage;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/**
 * The production's source and destination under planned faults: every single fault at every message
 * and every byte of the handover, then random plans of several.
 */
@Timeout(300)
class FaultPlansTest {
  private static final int RANDOM = 1_000;
  private static final Logger LOG =
      (Logger) LoggerFactory.getLogger(FaultPlansTest.class.getPackageName());

  /** Thousands of migrations that fail as planned need not be told one by one. */
  @BeforeAll
  static void quiet() {
    LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void loud() {
    LOG.setLevel(null);
  }

  @Test
  void noPlanEndsWithTwoRunningOrNone() throws Exception {
    List<FaultPlan> plans = new ArrayList<>(FaultPlan.singles());
    for (long seed = 0; seed < RANDOM; seed++) {
      plans.add(FaultPlan.random(seed));
    }
    plans.add(bothDie());
    long begin = System.nanoTime();
    FaultReport report = FaultReport.play(plans, outcome -> {});
    System.out.printf(
        "fault plans: %d, of them %d random from seed 0 on, in %d ms%n",
        report.plans(), RANDOM, (System.nanoTime() - begin) / 1_000_000);
    for (EndState end : EndState.values()) {
      System.out.printf("  %5d  %s%n", report.count(end), end.words());
    }
    assertThat(report.illegal()).isEmpty();
    assertThat(report.plans()).isGreaterThanOrEqualTo(2_000);
    // A search that never reaches an end would prove nothing about it.
    for (EndState end : EndState.values()) {
      if (end != EndState.ILLEGAL) {
        assertThat(report.count(end)).as(end.words()).isPositive();
      }
    }
  }

  private static FaultPlan bothDie() {
    return new FaultPlan(
        0,
        List.of(
            new Fault(Fault.Kind.KILL_SOURCE, Fault.Way.TO_SOURCE, Fault.Unit.BYTE, 1),
            new Fault(Fault.Kind.KILL_DESTINATION, Fault.Way.TO_SOURCE, Fault.Unit.BYTE, 1)));
  }

  @Test
  void aSourceThatResumesAfterTheHandover_isIllegal() throws Exception {
    System.setProperty(Sabotage.PROPERTY, Sabotage.RESUME_BOTH.word());
    try {
      PlanRun.Outcome outcome = PlanRun.play(new FaultPlan(0, List.of()));
      assertThat(outcome.legal()).isFalse();
      assertThat(outcome.note()).contains("while it runs in D");
    } finally {
      System.clearProperty(Sabotage.PROPERTY);
    }
  }
}
