package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.wire.MessageType;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The handover over real sockets whose connection breaks at each message. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BrokenHandoverTest {
  private static final long MIB = 1 << 20;

  private static FakeHost running() {
    FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB));
    a.guest().start();
    return a;
  }

  @ParameterizedTest
  @CsvSource({
    "SETUP,false",
    "ACCEPT,false",
    "PAGES,false",
    "STATE,false",
    "FINAL,false",
    "FINAL,true",
    "READY,false"
  })
  void cutBeforeGiven_theSourceRunsOn_theDestinationDiscards(MessageType at, boolean forward)
      throws Exception {
    try (FakeHost a = running();
        FakeHost b = new FakeHost();
        CuttingProxy proxy =
            new CuttingProxy(b.service.listen("tcp:127.0.0.1:0"), at, forward, false)) {
      a.service.migrate(proxy.address());
      assertThat(a.await("failed", "completed")).isEqualTo("failed");
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
      if (at != MessageType.SETUP) {
        assertThat(b.await("failed", "completed")).isEqualTo("failed");
      }
      assertThat(b.present()).isNull();

      // A second migration after the failed one works, over the healed connection.
      b.events.clear();
      a.service.migrate(proxy.address());
      assertThat(a.await("failed", "completed"))
          .as(() -> String.valueOf(a.service.query()))
          .isEqualTo("completed");
      b.await("completed");
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
      assertThat(b.built.stream().filter(guest -> !guest.closed)).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"READY,true", "COMMIT,false", "COMMIT,true", "STARTED,false", "STARTED,true"})
  void cutAfterGiven_aReconnectResolves_andTheDestinationRuns(MessageType at, boolean forward)
      throws Exception {
    try (FakeHost a = running();
        FakeHost b = new FakeHost();
        CuttingProxy proxy =
            new CuttingProxy(b.service.listen("tcp:127.0.0.1:0"), at, forward, false)) {
      a.service.migrate(proxy.address());
      String end = a.await("failed", "completed");
      if (at == MessageType.READY && end.equals("failed")) {
        // The break was seen before READY was read: the source never gave the guest.
        assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
        assertThat(b.await("failed", "completed")).isEqualTo("failed");
        return;
      }
      assertThat(end).isEqualTo("completed");
      b.await("completed");
      assertThat(a.guest().state()).isEqualTo(RunState.POSTMIGRATE);
      assertThat(b.guest().state()).isEqualTo(RunState.RUNNING);
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
    }
  }

  @Test
  void givenAndOutOfReach_nobodyRuns_untilTheOperatorForcesTheDestination() throws Exception {
    try (FakeHost a = running();
        FakeHost b = new FakeHost();
        CuttingProxy proxy =
            new CuttingProxy(
                b.service.listen("tcp:127.0.0.1:0"), MessageType.COMMIT, false, true)) {
      a.service.migrate(proxy.address());
      assertThat(proxy.cut.await(20, TimeUnit.SECONDS)).isTrue();

      assertThat(a.service.query()).containsEntry("x-handover", "given");
      assertThat(a.guest().state()).isEqualTo(RunState.FINISH_MIGRATE);
      assertThatThrownBy(() -> a.service.cancel()).hasMessageContaining("given");
      assertThatThrownBy(() -> a.service.checkMayResume()).hasMessageContaining("given");
      assertThatThrownBy(() -> a.service.migrate(proxy.address()))
          .isInstanceOf(IllegalStateException.class);
      awaitHandover(b, "waiting");
      assertThat(b.present()).isNull();

      claimOnceAlone(b);
      assertThat(b.await("completed", "failed")).isEqualTo("completed");
      assertThat(b.guest().state()).isEqualTo(RunState.RUNNING);
      assertThat(a.guest().state()).isEqualTo(RunState.FINISH_MIGRATE);

      proxy.heal();
      assertThat(a.await("completed", "failed")).isEqualTo("completed");
      assertThat(a.guest().state()).isEqualTo(RunState.POSTMIGRATE);
    }
  }

  @Test
  void givenAndTheDestinationIsGone_theOperatorForcesTheSource() throws Exception {
    try (FakeHost a = running();
        FakeHost b = new FakeHost();
        CuttingProxy proxy =
            new CuttingProxy(
                b.service.listen("tcp:127.0.0.1:0"), MessageType.COMMIT, false, true)) {
      a.service.migrate(proxy.address());
      assertThat(proxy.cut.await(20, TimeUnit.SECONDS)).isTrue();
      b.close();
      claimOnceAlone(a);
      a.await("failed");
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
      a.guest().pause(RunState.PAUSED);
      assertThat(a.guest().lost()).isZero();
    }
  }

  /** Without force it is refused while the peer cannot be asked; with force it is done. */
  private static void claimOnceAlone(FakeHost host) {
    while (true) {
      try {
        host.service.claim(false);
        Thread.onSpinWait(); // The break was not noticed yet.
      } catch (IllegalStateException alone) {
        assertThat(alone).hasMessageContaining("cannot be asked");
        host.service.claim(true);
        return;
      }
    }
  }

  private static void awaitHandover(FakeHost host, String phase) {
    Map<String, Object> query = host.service.query();
    while (!phase.equals(query.get("x-handover"))) {
      Thread.onSpinWait();
      query = host.service.query();
    }
  }
}
