package aerostat.vmm.migration;

import static aerostat.vmm.migration.FakeHost.moved;
import static aerostat.vmm.migration.FakeHost.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.machine.RunState;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two places in one process, real sockets between them, guests made by hand. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MigrationTest {
  private static final long MIB = 1 << 20;

  @TempDir Path directory;

  @Test
  void aRunningGuestMoves_overTcp_andLosesNoWrite() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(32 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(16 * MIB, 4 * MIB);
      a.guest().start();
      String at = b.service.listen("tcp:127.0.0.1:0");
      a.service.setParameters(Map.of("x-verify", true, "max-bandwidth", 200 * MIB));
      a.service.migrate(at);
      moved(a, b);

      long arrived = b.guest().steps();
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
      assertThat(arrived).isPositive();
      Map<String, Object> query = a.service.query();
      assertThat(query)
          .containsKeys(
              "total-time", "downtime", "setup-time", "x-uuid", "x-rounds", "x-downtime-split")
          .hasEntrySatisfying("x-time-split", split -> parts(split, "connect", "setup", "pause"))
          .containsEntry("status", "completed")
          .containsEntry("x-handover", "completed");
      assertThat(a.ram())
          .containsEntry("total", 32 * MIB)
          .containsEntry("remaining", 0L)
          .containsKeys("precopy-bytes", "downtime-bytes", "mbps", "pages-per-second");
      assertThat(number(a.ram(), "normal")).isGreaterThan(1024);
      assertThat(number(a.ram(), "duplicate")).isGreaterThan(1024);
      assertThat(number(a.ram(), "dirty-sync-count")).isGreaterThan(2);
      assertThatThrownBy(() -> a.service.checkMayResume()).hasMessageContaining("destination");
    }
  }

  private static void parts(Object split, String... names) {
    assertThat(split).asInstanceOf(InstanceOfAssertFactories.MAP).containsKeys((Object[]) names);
  }

  @Test
  void aPausedGuestMoves_overUnix_andStaysPaused_byteForByte() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(3 * MIB + 4096, 123_456);
      a.guest().memory.owners().set(GuestMemory.RAM_BASE + 5 * MIB, MIB, PageOwners.BALLOON);
      a.guest().setState(RunState.PAUSED);
      byte[] before = a.guest().ram();
      b.service.listen("unix:" + directory.resolve("m.sock"));
      a.service.migrate("unix:" + directory.resolve("m.sock"));
      moved(a, b);

      assertThat(b.guest().state()).isEqualTo(RunState.PAUSED);
      assertThat(b.guest().ram()).isEqualTo(before);
      assertThat(b.guest().memory.owners().counts()[PageOwners.BALLOON]).isEqualTo(256);
      b.guest().resume();
      assertThat(b.guest().state()).isEqualTo(RunState.RUNNING);
    }
  }

  /** MIG-08: zero pages and hinted ones cost nothing, in the first round neither (MIG-18). */
  @Test
  void tenMovesThereAndBack_betweenTheSameTwo() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(16 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().start();
      FakeHost from = a;
      FakeHost to = b;
      for (int i = 0; i < 10; i++) {
        from.events.clear();
        to.events.clear();
        from.service.migrate(to.service.listen("tcp:localhost:0"));
        moved(from, to);
        FakeHost swap = from;
        from = to;
        to = swap;
      }
      from.service.checkMayResume();
      from.guest().pause(RunState.PAUSED);
      assertThat(from.guest().lost()).isZero();
    }
  }

  /** DEV-18. */
  @Test
  void cancel_EDGE23_leavesTheGuestRunning_andASecondMigrationWorks() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(64 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(8 * MIB, 32 * MIB);
      a.guest().balloon.hinting = true;
      a.guest().start();
      String at = b.service.listen("tcp:127.0.0.1:0");
      a.service.setParameters(Map.of("max-bandwidth", "1M"));
      a.service.migrate(at);
      a.await("active");
      assertThatThrownBy(() -> a.service.migrate(at)).hasMessageContaining("under way");
      a.service.cancel();
      assertThat(a.await("cancelled", "completed", "failed")).isEqualTo("cancelled");
      assertThat(b.await("failed", "completed")).isEqualTo("failed");
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
      assertThat(a.guest().balloon.calls.toString()).endsWith(".");
      assertThat(b.present()).isNull();
      b.built.forEach(left -> assertThat(left.closed).isTrue());

      a.service.setParameters(Map.of("max-bandwidth", 0));
      a.service.migrate(at);
      moved(a, b);
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
    }
  }

  @Test
  void aDestinationWithOtherFlags_refusesBeforeItBuilds_namingBothValues() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().start();
      b.expected = new ExpectedConfig(16 * MIB, null, null, null, null);
      String at = b.service.listen("tcp:127.0.0.1:0");
      a.service.migrate(at);
      assertThat(a.await("completed", "failed")).isEqualTo("failed");
      assertThat(String.valueOf(a.service.query().get("error-desc")))
          .contains("memory")
          .contains("16777216")
          .contains("8388608");
      assertThat(b.built).isEmpty();
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);

      b.await("failed");
      b.expected = new ExpectedConfig(8 * MIB, "x=1", null, null, false);
      a.service.migrate(at);
      moved(a, b);
    }
  }

  @Test
  void otherCode_isRefused_namingBothDigests() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB));
        FakeHost b = new FakeHost()) {
      byte[] other = new byte[32];
      other[0] = 7;
      b.code = other;
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      assertThat(a.await("completed", "failed")).isEqualTo("failed");
      assertThat(String.valueOf(a.service.query().get("error-desc")))
          .contains("rewriter")
          .contains("0700")
          .contains("0000");
      b.await("failed");
      assertThat(b.built).hasSize(1).allMatch(left -> left.closed);
      assertThat(a.guest().state()).isEqualTo(RunState.PRELAUNCH);
    }
  }

  @Test
  void aGuestMeetsAGuest_refused() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB));
        FakeHost b = new FakeHost()) {
      String at = b.service.listen("tcp:127.0.0.1:0");
      b.install(FakeGuest.fresh(8 * MIB));
      a.service.migrate(at);
      assertThat(a.await("completed", "failed")).isEqualTo("failed");
      assertThat(String.valueOf(a.service.query().get("error-desc"))).contains("a guest here");
      assertThatThrownBy(() -> b.service.listen("tcp:127.0.0.1:0"))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void nobodyListens_failsWithTheAddress_andTheGuestRunsOn() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB))) {
      a.guest().start();
      a.service.migrate("tcp:127.0.0.1:" + port);
      assertThat(a.await("completed", "failed")).isEqualTo("failed");
      assertThat(String.valueOf(a.service.query().get("error-desc"))).contains("127.0.0.1:" + port);
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
    }
  }

  @Test
  void cancelWhileThePeerIsSilent_inSetup() throws Exception {
    try (ServerSocket silent = new ServerSocket();
        FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB))) {
      silent.bind(new InetSocketAddress("127.0.0.1", 0));
      a.guest().start();
      a.service.migrate("tcp:127.0.0.1:" + silent.getLocalPort());
      try (Socket accepted = silent.accept()) {
        assertThat(accepted.getInputStream().readNBytes(36)).hasSize(36);
        a.service.cancel();
        assertThat(a.await("cancelled", "failed")).isEqualTo("cancelled");
      }
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
    }
  }

  @Test
  void sabotage_skipPage_isFoundByVerify_andTheGuestGoesOnAtTheSource() throws Exception {
    System.setProperty("aerostat.testbuild", "true");
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(16 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(8 * MIB, 4 * MIB);
      a.guest().start();
      a.service.setParameters(Map.of("x-verify", true, "x-sabotage", "skip-page"));
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      assertThat(a.await("completed", "failed")).isEqualTo("failed");
      assertThat(String.valueOf(a.service.query().get("error-desc"))).contains("x-verify: page");
      assertThat(a.guest().state()).isEqualTo(RunState.RUNNING);
      assertThat(b.present()).isNull();
    } finally {
      System.clearProperty("aerostat.testbuild");
    }
  }

  @Test
  void parametersAndCapabilities_refuseWhatTheyDoNotKnow() {
    try (FakeHost a = new FakeHost()) {
      assertThatThrownBy(() -> a.service.setParameters(Map.of("nonsense", 1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("nonsense");
      assertThatThrownBy(() -> a.service.setParameters(Map.of("downtime-limit", -1)))
          .hasMessageContaining("downtime-limit");
      assertThatThrownBy(() -> a.service.setParameters(Map.of("x-sabotage", "skip-page")))
          .hasMessageContaining("test builds");
      assertThatThrownBy(() -> a.service.setCapabilities(Map.of("xbzrle", true)))
          .hasMessageContaining("not supported");
      assertThatThrownBy(() -> a.service.setCapabilities(Map.of("warp", false)))
          .hasMessageContaining("unknown");
      a.service.setCapabilities(Map.of("postcopy-ram", false, "multifd", false));
      a.service.setParameters(Map.of("max-bandwidth", "32M", "x-hinting", "off"));
      assertThat(a.service.parameters())
          .containsEntry("max-bandwidth", 32L << 20)
          .containsEntry("x-hinting", false)
          .containsEntry("downtime-limit", 300L);
      assertThat(a.service.query()).isEmpty();
      assertThatThrownBy(() -> a.service.claim(true)).hasMessageContaining("nothing to claim");
    }
  }
}
