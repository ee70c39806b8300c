package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.machine.RunState;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an operator can say about a migration while it runs, and what it tells afterwards. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MigrationControlTest {
  private static final long MIB = 1 << 20;

  /** Over a link so slow that its rounds never end in time. */
  private static Map<String, Object> tooSlow(String strategy) {
    return Map.of("max-bandwidth", "1M", "x-timeout", 50, "x-timeout-strategy", strategy);
  }

  private static String migrate(FakeHost a, FakeHost b) throws InterruptedException {
    a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
    return a.await("completed", "failed", "cancelled");
  }

  @Test
  void timeIsOver_cancel_theGuestGoesOnHere_andMovesAtTheSecondTry() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(32 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(8 * MIB, 16 * MIB);
      a.guest().start();
      a.service.setParameters(tooSlow("cancel"));
      assertThat(migrate(a, b)).isEqualTo("failed");
      assertThat(String.valueOf(a.service.query().get("error-desc"))).contains("x-timeout");
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);

      b.await("failed");
      a.service.setParameters(Map.of("max-bandwidth", 0, "x-timeout", 0));
      assertThat(migrate(a, b)).isEqualTo("completed");
      b.await("completed");
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
    }
  }

  /** MIG-13: all that is left goes, whatever the bandwidth is limited to. */
  @Test
  void timeIsOver_finish_theGuestIsStoppedAndMovesWhole() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(32 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(8 * MIB, 16 * MIB);
      a.guest().start();
      a.service.setParameters(tooSlow("finish"));
      a.service.setParameters(Map.of("x-verify", true));
      assertThat(migrate(a, b)).isEqualTo("completed");
      b.await("completed");
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
    }
  }

  @Test
  void tooManyRounds_areAnErrorThatSaysSo() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(16 * MIB));
        FakeHost b = new FakeHost()) {
      FakeGuest guest = a.guest();
      guest.start();
      // No pause is short enough for this one, and its pages never stop being written.
      a.service.onEvent(
          event -> {
            if (event.name().equals("MIGRATION_PASS")) {
              guest.fillRandom(8 * MIB, MIB);
            }
          });
      a.service.setParameters(Map.of("downtime-limit", 0, "x-max-rounds", 3));
      assertThat(migrate(a, b)).isEqualTo("failed");
      assertThat(String.valueOf(a.service.query().get("error-desc"))).contains("x-max-rounds");
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
    }
  }

  @Test
  void switchoverOfQemu_movesARunningGuest() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(32 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(8 * MIB, 16 * MIB);
      a.guest().start();
      a.service.setCapabilities(Map.of("auto-converge", true));
      a.service.setParameters(
          Map.of("x-switchover", "qemu", "max-bandwidth", "100M", "x-verify", true));
      assertThat(migrate(a, b)).as(() -> a.service.query().toString()).isEqualTo("completed");
      b.await("completed");
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
    }
  }

  @Test
  void roundsAndPause_areAccountedFor() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(16 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(8 * MIB, 4 * MIB);
      a.guest().start();
      assertThat(migrate(a, b)).isEqualTo("completed");
      Map<String, Object> query = a.service.query();
      assertThat(query.getOrDefault("x-rounds", List.of()))
          .asInstanceOf(InstanceOfAssertFactories.LIST)
          .first(InstanceOfAssertFactories.MAP)
          .containsKeys("dirty", "pages-sent", "zero", "hinted", "bytes", "ms", "mbps", "forecast");
      Map<?, ?> split = (Map<?, ?>) query.getOrDefault("x-downtime-split", Map.of());
      assertThat(split.keySet().stream().map(String::valueOf))
          .containsExactly("pause", "final-sync", "final-pages", "state", "handover", "resume");
      double sum = split.values().stream().mapToDouble(MigrationControlTest::number).sum();
      double still = number(query.getOrDefault("x-downtime", -1));
      assertThat(still).isCloseTo(sum, Offset.offset(0.1));
      assertThat(still).isLessThan(number(query.getOrDefault("downtime", -1)) + 1.5);
    }
  }

  private static double number(Object value) {
    return ((Number) value).doubleValue();
  }

  @Test
  void parametersAreChecked() {
    try (FakeHost a = new FakeHost()) {
      assertThatThrownBy(() -> a.service.setParameters(Map.of("x-switchover", "never")))
          .hasMessageContaining("x-switchover");
      assertThatThrownBy(() -> a.service.setParameters(Map.of("multifd-channels", 17)))
          .hasMessageContaining("1 to 16");
    }
  }
}
