package aerostat.tools.bench.migration.goals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WorkRateTest {
  private static final String CONSOLE =
      """
      [    1.000000] workload-stat name=kvstore verified=10 lost=0 updates=1000
      [    2.000000] workload-stat name=kvstore verified=20 lost=0 updates=21000
      [    2.000001] workload-stat name=dirty verified=0 lost=0 updates=5
      [    4.000000] workload-stat name=kvstore verified=30 lost=0 updates=51000
      [    5.000000] workload-stat name=kvstore verified=40 lost=0 upd\
      """;

  @Test
  void theLastTwoWholeAccountsCount() {
    assertThat(WorkRate.of(CONSOLE, 0)).hasValueCloseTo(15_000.0, within(1e-6));
    assertThat(WorkRate.of(CONSOLE, 10)).hasValueCloseTo(15_000.0, within(1e-6));
  }

  @Test
  void oneAccountIsNoRate() {
    assertThat(WorkRate.of(CONSOLE, CONSOLE.indexOf("[    4"))).isEmpty();
    assertThat(WorkRate.of("", 0)).isEmpty();
  }
}
