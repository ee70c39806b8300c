package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.SocketConnections;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationRefusedException;
import aerostat.vmm.migration.wire.PayloadWriter;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pages on several connections: they arrive, in the right order of rounds, or nothing does. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MultifdTest {
  private static final long MIB = 1 << 20;
  private static final long SMALL = 800L << GuestMemory.PAGE_SHIFT;

  /** Enough to be worth a round, few enough to be sent as one message. */
  private static final int WRITTEN = 100;

  /** A fifth less, so that another round comes; more than what the pause may have to send. */
  private static final int REWRITTEN = 70;

  private static void channels(FakeHost host, int count) {
    host.service.setCapabilities(Map.of("multifd", true));
    host.service.setParameters(Map.of("multifd-channels", count));
  }

  @Test
  void aRunningGuestMoves_overThreeChannels_andLosesNoWrite() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(64 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(16 * MIB, 32 * MIB);
      a.guest().start();
      channels(a, 3);
      a.service.setParameters(Map.of("x-verify", true));
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      assertThat(a.await("completed", "failed"))
          .as(() -> a.service.query() + "\n" + b.service.query())
          .isEqualTo("completed");
      b.await("completed");
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
      assertThat((Long) a.ram().getOrDefault("normal", 0L)).isGreaterThan(32 * MIB / 4096);
      assertThat(b.ram()).containsEntry("normal", a.ram().getOrDefault("normal", -1L));
    }
  }

  @Test
  void aPausedGuestMoves_overUnixChannels_byteForByte(
      @org.junit.jupiter.api.io.TempDir java.nio.file.Path folder) throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(16 * MIB));
        FakeHost b = new FakeHost()) {
      a.guest().fillRandom(4 * MIB, 8 * MIB);
      a.guest().setState(RunState.PAUSED);
      byte[] before = a.guest().ram();
      channels(a, 2);
      a.service.migrate(b.service.listen("unix:" + folder.resolve("m")));
      assertThat(a.await("completed", "failed")).isEqualTo("completed");
      b.await("completed");
      assertThat(b.guest().ram()).isEqualTo(before);
    }
  }

  @Test
  void aChannelOneRoundLate_landsBeforeTheNextRound() throws Exception {
    assertThat(stalePages(false)).isZero();
  }

  @Test
  void withoutTheBarrier_itsOldPagesLandOnNewerOnes() throws Exception {
    System.setProperty("aerostat.testbuild", "true");
    try {
      assertThat(stalePages(true)).isEqualTo(REWRITTEN);
    } finally {
      System.clearProperty("aerostat.testbuild");
    }
  }

  private static long page(int index) {
    return GuestMemory.RAM_BASE + ((100L + index) << GuestMemory.PAGE_SHIFT);
  }

  private static void write(FakeGuest guest, int pages, long value) {
    for (int i = 0; i < pages; i++) {
      guest.memory.store64(page(i), value);
    }
  }

  /** Pages that arrive with the content of the round before the last that had them. */
  private static int stalePages(boolean withoutBarrier) throws Exception {
    FakeGuest guest = FakeGuest.fresh(SMALL);
    guest.setState(RunState.PAUSED);
    write(guest, WRITTEN, 1);
    try (FakeHost b = new FakeHost();
        FakeHost a =
            FakeHost.with(
                guest,
                new HeldChannel(
                    round -> {
                      if (round == 1) {
                        write(guest, REWRITTEN, 2);
                      } else if (round == 2 && withoutBarrier) {
                        awaitValue(b, 2);
                      }
                    }))) {
      if (withoutBarrier) {
        b.service.setParameters(Map.of("x-sabotage", "no-barrier"));
      }
      channels(a, 2);
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      assertThat(a.await("completed", "failed"))
          .as(() -> a.service.query() + "\n" + b.service.query())
          .isEqualTo("completed");
      b.await("completed");
      int stale = 0;
      for (int i = 0; i < REWRITTEN; i++) {
        stale += b.guest().memory.load64(page(i)) == 2 ? 0 : 1;
      }
      return stale;
    }
  }

  private static void awaitValue(FakeHost host, long value) {
    GuestMemory memory = host.built.getFirst().memory;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (memory.load64(page(REWRITTEN - 1)) != value && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aChannelOfNobody_isRefused_andTheGuestStillComes() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB));
        FakeHost b = new FakeHost()) {
      String at = b.service.listen("tcp:127.0.0.1:0");
      Link stray =
          new Link(
              new SocketConnections()
                  .connect(MigrationAddress.parse(at), TimeUnit.SECONDS.toNanos(10), () -> false));
      stray.channel(1);
      stray
          .out()
          .send(
              MessageType.CHANNEL,
              new PayloadWriter().uuid(new java.util.UUID(1, 2)).u32(1).done());
      stray.channel(0);
      assertThatThrownBy(() -> stray.expect(stray.in().next(), MessageType.ACCEPT))
          .isInstanceOf(MigrationRefusedException.class)
          .hasMessageContaining("no such migration");
      stray.close();
      channels(a, 1);
      a.service.migrate(at);
      assertThat(a.await("completed", "failed")).isEqualTo("completed");
    }
  }

  @Test
  void silentPeers_moreThanThereIsRoomFor_doNotDelayAGuest() throws Exception {
    try (FakeHost a = FakeHost.with(FakeGuest.fresh(8 * MIB));
        FakeHost b = new FakeHost()) {
      String at = b.service.listen("tcp:127.0.0.1:0");
      java.util.List<Link> silent = new java.util.ArrayList<>();
      for (int i = 0; i < 12; i++) {
        silent.add(
            new Link(
                new SocketConnections()
                    .connect(
                        MigrationAddress.parse(at), TimeUnit.SECONDS.toNanos(10), () -> false)));
      }
      assertThatThrownBy(
              () -> silent.getFirst().expect(silent.getFirst().in().next(), MessageType.ACCEPT))
          .hasMessageContaining("too many connections");
      a.service.migrate(at);
      assertThat(a.await("completed", "failed")).isEqualTo("completed");
      silent.forEach(Link::close);
    }
  }
}
