package aerostat.vmm.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** MIG-16: how often and how long a vCPU that is slowed down sleeps. */
class ThrottleTest {
  private static final long MS = 1_000_000;

  private final Throttle throttle = new Throttle();

  /** 10 ms of running, then 10 ms × p/(1−p). */
  @ParameterizedTest
  @CsvSource({"20, 2500000", "50, 10000000", "90, 90000000", "99, 990000000"})
  void sleepsSoThatItRunsTheRestOfItsTime(int percent, long sleep) {
    throttle.percent(percent);
    assertThat(throttle.due(10 * MS - 1)).isFalse();
    assertThat(throttle.due(10 * MS)).isTrue();
    assertThat(throttle.due()).isEqualTo(sleep);
  }

  @Test
  void theSliceBeginsAnewAfterTheSleep() {
    throttle.percent(50);
    long woken = throttle.sleep(10 * MS, () -> true);
    assertThat(throttle.due(woken + 10 * MS - 1)).isFalse();
    assertThat(throttle.due(woken + 10 * MS)).isTrue();
  }

  @Test
  void withoutAThrottleNothingIsDue() {
    throttle.percent(20);
    throttle.percent(0);
    assertThat(throttle.due(Long.MAX_VALUE)).isFalse();
    assertThatThrownBy(() -> throttle.percent(100)).hasMessageContaining("100 percent");
  }
}
