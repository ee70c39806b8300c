package aerostat.vmm.migration.source;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.migration.control.ThrottleSteps;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a guest is stopped, and how it is slowed down, in virtual time. */
class SwitchoverTest {
  private static final long MIB_PAGES = 256;

  private static long ms(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  @Test
  void eager_iteratesWhileRoundsShrink_thenStopsIfTheRestFits() {
    EagerSwitchover rule = new EagerSwitchover(() -> 100);
    rule.begin(0);
    // 100 MiB in a second: 10 MiB fit into the limit.
    assertThat(rule.complete(25600, 5000, 100L << 20, ms(1000))).as("shrinks").isFalse();
    assertThat(rule.downtimeMillis(2560)).isEqualTo(100);
    assertThat(rule.complete(5000, 4500, 120L << 20, ms(1200))).as("does not fit").isFalse();
    assertThat(rule.complete(4500, 2560, 140L << 20, ms(1400))).as("shrinks").isFalse();
    assertThat(rule.complete(2560, 2500, 150L << 20, ms(1500))).as("fits").isTrue();
  }

  @Test
  void eager_fewPages_orNone_needNoMeasurement() {
    EagerSwitchover rule = new EagerSwitchover(() -> 1);
    rule.begin(0);
    assertThat(rule.complete(1000, 0, 0, 1)).isTrue();
    assertThat(rule.complete(1000, EagerSwitchover.FEW_PAGES - 1, 0, 2)).isTrue();
    assertThat(rule.complete(1000, 999, 0, 3)).as("nobody knows how long that takes").isFalse();
  }

  @Test
  void eager_aBurstIntoTheSocketsBuffers_isNoRate() {
    EagerSwitchover rule = new EagerSwitchover(() -> 100);
    rule.begin(0);
    rule.complete(25600, 5000, 10L << 20, ms(1000)); // 10 MiB/s
    long before = rule.downtimeMillis(256);
    rule.complete(256, 256, 11L << 20, ms(1001)); // 1 MiB in one ms
    assertThat(rule.downtimeMillis(256)).isEqualTo(before);
  }

  /** MIG-11: a window of 100 ms; MIG-12, MIG-03: below the threshold a sync, and then the truth. */
  @Test
  void qemu_MIG11_MIG12_comparesWithWhatTheLimitLetsThrough() {
    QemuSwitchover rule = new QemuSwitchover(() -> 300);
    rule.begin(0);
    assertThat(rule.threshold()).as("nothing measured yet").isZero();
    assertThat(rule.syncNow(1, 50 << 20, ms(99))).isFalse();
    assertThat(rule.complete(9, 0, 50 << 20, ms(99))).as("nothing is left").isTrue();
    // 10 MiB in 100 ms: 30 MiB in 300 ms.
    assertThat(rule.syncNow(40 * MIB_PAGES, 10 << 20, ms(100))).isFalse();
    assertThat(rule.threshold()).isEqualTo(30.0 * (1 << 20));
    assertThat(rule.syncNow(30 * MIB_PAGES - 1, 10 << 20, ms(110))).isTrue();
    assertThat(rule.complete(0, 30 * MIB_PAGES, 10 << 20, ms(111))).as("not below").isFalse();
    assertThat(rule.complete(0, 30 * MIB_PAGES - 1, 10 << 20, ms(112))).isTrue();
    assertThat(rule.downtimeMillis(MIB_PAGES)).isEqualTo(10);
  }

  /**
   * MIG-14: once a second; MIG-15: 20, then 10 more each time, up to 99, on every second trouble.
   */
  @Test
  void autoConverge_MIG14_MIG15_steps() {
    AutoConverge converge = new AutoConverge(new ThrottleSteps(50, 20, 10, false, 99), 0);
    List<Integer> steps = new ArrayList<>();
    long bytes = 0;
    for (int second = 1; second <= 20; second++) {
      bytes += 100L << 20;
      steps.add(converge.synced(60 * MIB_PAGES, bytes, ms(1001L * second)));
    }
    assertThat(steps)
        .containsExactly(
            0, 20, 20, 30, 30, 40, 40, 50, 50, 60, 60, 70, 70, 80, 80, 90, 90, 99, 99, 99);
  }

  /** MIG-14: the counts of a period begin at 0. */
  @Test
  void autoConverge_MIG15_aGoodPeriodDoesNotCountAgainstIt_andShortOnesAreJoined() {
    AutoConverge converge = new AutoConverge(new ThrottleSteps(50, 20, 10, false, 99), 0);
    assertThat(converge.synced(60 * MIB_PAGES, 100L << 20, ms(1001))).isZero();
    assertThat(converge.synced(10 * MIB_PAGES, 200L << 20, ms(2002))).as("good").isZero();
    assertThat(converge.synced(30 * MIB_PAGES, 250L << 20, ms(2500))).as("too soon").isZero();
    assertThat(converge.synced(30 * MIB_PAGES, 300L << 20, ms(3003))).isEqualTo(20);
  }

  @Test
  void autoConverge_MIG15_tailSlow_stepsNoFurtherThanItHasTo() {
    AutoConverge converge = new AutoConverge(new ThrottleSteps(50, 80, 10, true, 99), 0);
    long bytes = 0;
    for (int second = 1; second <= 2; second++) {
      bytes += 100L << 20;
      converge.synced(100 * MIB_PAGES, bytes, ms(1001L * second));
    }
    assertThat(converge.throttle()).isEqualTo(80);
    for (int second = 3; second <= 4; second++) {
      bytes += 100L << 20;
      converge.synced(60 * MIB_PAGES, bytes, ms(1001L * second));
    }
    // It ran 20 %, and 20 × 50 / 60 would have been little enough.
    assertThat(converge.throttle()).isEqualTo(83);
  }

  /** MIG-17: what hints kept back does not count as sent, so trouble comes sooner. */
  @Test
  void autoConverge_MIG17_fewerBytesSentAreTroubleSooner() {
    AutoConverge converge = new AutoConverge(new ThrottleSteps(50, 20, 10, false, 99), 0);
    converge.synced(60 * MIB_PAGES, 130L << 20, ms(1001));
    assertThat(converge.synced(60 * MIB_PAGES, 260L << 20, ms(2002))).isZero();
    converge.synced(60 * MIB_PAGES, 360L << 20, ms(3003));
    assertThat(converge.synced(60 * MIB_PAGES, 460L << 20, ms(4004))).isEqualTo(20);
  }
}
