package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.postcopy.MissingPages;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.SocketConnections;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationRefusedException;
import aerostat.vmm.migration.wire.PayloadWriter;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests that go before their pages: DEV-03, DEV-17, EDGE-46, MIG-28. */
@Timeout(90)
class PostcopyTest {
  private static final long MIB = 1 << 20;

  /** A guest whose precopy would take minutes, so that the switch is what ends it. */
  private static FakeHost running() {
    FakeGuest guest = FakeGuest.fresh(32 * MIB);
    guest.fillRandom(16 * MIB, 8 * MIB);
    guest.balloon.hinting = true;
    FakeHost a = FakeHost.with(guest);
    a.service.setCapabilities(Map.of("postcopy-ram", true));
    a.service.setParameters(Map.of("max-bandwidth", 1_000_000));
    a.guest().start();
    return a;
  }

  private static void toPostcopy(FakeHost a, String address) throws Exception {
    a.service.migrate(address);
    assertThat(a.await("active", "failed")).isEqualTo("active");
    a.service.startPostcopy();
  }

  @Test
  void theGuestGoesFirst_itsPagesFollow_andNothingIsLost() throws Exception {
    try (FakeHost a = running();
        FakeHost b = new FakeHost()) {
      toPostcopy(a, b.service.listen("tcp:127.0.0.1:0"));
      assertThat(b.await("postcopy-active", "completed", "failed")).isEqualTo("postcopy-active");
      assertThat(a.await("completed", "failed")).isEqualTo("completed");
      assertThat(b.await("completed", "failed")).isEqualTo("completed");
      assertThat(a.guest().state()).isEqualTo(RunState.POSTMIGRATE);
      assertThat(a.guest().balloon.calls).as("hinting (EDGE-46)").isEmpty();
      assertThat(b.ram().get("postcopy-bytes")).isInstanceOf(Long.class).isNotEqualTo(0L);
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
      assertThat(b.guest().memory().gate()).isNull();
      FakeGuest fresh = FakeGuest.fresh(32 * MIB);
      fresh.fillRandom(16 * MIB, 8 * MIB);
      assertThat(
              b.guest()
                  .memory()
                  .mismatch(
                      GuestMemory.RAM_BASE + 16 * MIB, fresh.memory().segment(), 16 * MIB, 8 * MIB))
          .isEqualTo(-1);
      fresh.close();
    }
  }

  /** x-postcopy-hints: what is hinted is neither sent nor waited for, and reads zero there. */
  @Test
  void withHints_freePagesNeitherGoNorAreWaitedFor() throws Exception {
    try (FakeHost a = running();
        FakeHost b = new FakeHost()) {
      a.service.setParameters(
          Map.of("x-postcopy-hints", true, "x-hint-wait", 10_000, "x-verify", true));
      toPostcopy(a, b.service.listen("tcp:127.0.0.1:0"));
      assertThat(a.await("completed", "failed"))
          .as(() -> String.valueOf(a.service.query()))
          .isEqualTo("completed");
      assertThat(b.await("completed", "failed")).isEqualTo("completed");
      assertThat(a.service.query()).containsEntry("x-hinted-pages", 16 * MIB / 4096);
      assertThat(a.guest().balloon.calls.toString()).startsWith(">").endsWith(".");
      b.guest().pause(RunState.PAUSED);
      assertThat(b.guest().lost()).isZero();
      assertThat(b.guest().memory().isZero(GuestMemory.RAM_BASE + 16 * MIB, 16 * MIB)).isTrue();
      assertThat(a.guest().memory().isZero(GuestMemory.RAM_BASE + 16 * MIB, 8 * MIB))
          .as("freed after it went")
          .isTrue();
    }
  }

  @Test
  void aBrokenLinkPausesIt_andRecoveryGoesOn_byTheSameAddressOrAnother() throws Exception {
    for (boolean another : new boolean[] {false, true}) {
      try (FakeHost a = running();
          FakeHost b = new FakeHost();
          CuttingProxy proxy =
              new CuttingProxy(
                  b.service.listen("tcp:127.0.0.1:0"), MessageType.WANT, true, false)) {
        toPostcopy(a, proxy.address());
        assertThat(a.await("postcopy-paused", "completed", "failed")).isEqualTo("postcopy-paused");
        assertThat(b.await("postcopy-paused", "completed", "failed")).isEqualTo("postcopy-paused");
        assertThat(a.service.query()).containsEntry("status", "postcopy-paused");

        assertThatThrownBy(() -> a.service.cancel()).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> a.service.migrate("tcp:127.0.0.1:1"))
            .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> b.service.migrate("tcp:127.0.0.1:1"))
            .hasMessageContaining("still to come");
        assertThatThrownBy(() -> b.service.migrate("file:/nowhere/at/all"))
            .hasMessageContaining("still to come");
        assertThatThrownBy(() -> b.service.listen("tcp:127.0.0.1:0"))
            .isInstanceOf(IllegalStateException.class);

        a.service.resumePostcopy(another ? b.service.recover("tcp:127.0.0.1:0") : proxy.address());
        assertThat(a.await("completed", "failed")).isEqualTo("completed");
        assertThat(b.await("completed", "failed")).isEqualTo("completed");
        b.guest().pause(RunState.PAUSED);
        assertThat(b.guest().lost()).isZero();
      }
    }
  }

  /**
   * Who knows the guest's uuid can interrupt; the pages come on the next connection all the same.
   */
  @Test
  void aStrangerThatBringsPages_isRefused_andNothingIsLost() throws Exception {
    try (FakeHost a = running();
        FakeHost b = new FakeHost()) {
      String there = b.service.listen("tcp:127.0.0.1:0");
      try (CuttingProxy proxy = new CuttingProxy(there, MessageType.WANT, true, false)) {
        UUID none = new UUID(1, 2);
        assertThat(stranger(there, none, new byte[12])).contains("no such guest waits for pages");
        toPostcopy(a, proxy.address());
        assertThat(a.await("postcopy-paused", "failed")).isEqualTo("postcopy-paused");
        assertThat(b.await("postcopy-paused", "failed")).isEqualTo("postcopy-paused");
        UUID uuid = UUID.fromString(String.valueOf(a.service.query().get("x-uuid")));
        assertThat(stranger(there, none, new byte[12])).contains("no such guest waits for pages");
        byte[] image = new PayloadWriter().u64(0).u32(1).done();
        assertThat(stranger(there, uuid, image)).contains("ZERO: run of 1 pages from page 0");
        assertThat(b.await("postcopy-paused", "failed")).isEqualTo("postcopy-paused");
        assertThat(stranger(there, uuid, new byte[11])).contains("ZERO: a table of 11 bytes");
        assertThat(b.await("postcopy-paused", "failed")).isEqualTo("postcopy-paused");
        a.service.resumePostcopy(there);
        assertThat(a.await("completed", "failed")).isEqualTo("completed");
        assertThat(b.await("completed", "failed")).isEqualTo("completed");
        b.guest().pause(RunState.PAUSED);
        assertThat(b.guest().lost()).isZero();
      }
    }
  }

  /** Says that it brings pages of this guest, and sends ZERO; the answer. */
  private static String stranger(String address, UUID uuid, byte[] ranges) throws Exception {
    try (Link link =
        new Link(
            new SocketConnections()
                .connect(
                    MigrationAddress.parse(address), TimeUnit.SECONDS.toNanos(5), () -> false))) {
      link.out().paused();
      link.out().send(MessageType.POSTCOPY, new PayloadWriter().uuid(uuid).done());
      link.out().send(MessageType.ZERO, ranges);
      link.transport().patience(TimeUnit.SECONDS.toNanos(10));
      while (true) {
        link.expect(link.in().next(), MessageType.WANT);
        assertThat(link.in().payload()).isNotEmpty();
      }
    } catch (MigrationRefusedException refused) {
      return String.valueOf(refused.getMessage());
    }
  }

  @Test
  void withoutTheCapability_orWithoutAMigration_itIsRefused() throws Exception {
    try (FakeHost a = running();
        FakeHost b = new FakeHost()) {
      a.service.setCapabilities(Map.of("postcopy-ram", false));
      assertThatThrownBy(() -> a.service.startPostcopy()).hasMessageContaining("migration first");
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      a.await("active");
      assertThatThrownBy(() -> a.service.startPostcopy()).hasMessageContaining("Enable postcopy");
      assertThatThrownBy(() -> b.service.recover("tcp:127.0.0.1:0"))
          .hasMessageContaining("postcopy is paused");
      a.service.cancel();
      assertThat(a.await("cancelled", "completed")).isEqualTo("cancelled");
    }
  }

  /**
   * The kernel with a workload that checks itself; the vCPU is in its own form again at the end.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aKernelGuestGoesFirst_andKvstoreLosesNothing(boolean hints) throws Exception {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    MachineSlot from = new MachineSlot();
    MachineSlot to =
        new MachineSlot(MachineSlot.ExpectedConfig.NONE, MachineHost.SILENT.withConsole(console));
    from.put(
        Machine.builder()
            .memory(64 * MIB)
            .append("workload=kvstore kvstore.size=4M workload.interval=30 resident=8M")
            .console(console)
            .build());
    Machine source = java.util.Objects.requireNonNull(from.machine());
    source.start();
    try (MigrationService a = new MigrationService(from);
        MigrationService b = new MigrationService(to)) {
      awaitLine(console, 0);
      a.setCapabilities(Map.of("postcopy-ram", true));
      a.setParameters(
          Map.of(
              "max-bandwidth",
              500_000,
              "x-postcopy-hints",
              hints,
              "x-hint-wait",
              10_000,
              "x-verify",
              hints));
      a.migrate(b.listen("tcp:127.0.0.1:0"));
      while (!"active".equals(a.query().get("status"))) {
        Thread.onSpinWait();
      }
      a.startPostcopy();
      while (!"completed".equals(b.query().get("status"))) {
        assertThat(b.query().get("status")).isNotEqualTo("failed");
        Thread.onSpinWait();
      }
      awaitLine(console, console.size());
      assertThat(Long.valueOf(0).equals(a.query().get("x-hinted-pages"))).isNotEqualTo(hints);
      Machine arrived = java.util.Objects.requireNonNull(to.machine());
      assertThat(arrived.flavour()).isEqualTo(Flavour.PLAIN);
      assertThat(arrived.state()).isEqualTo(RunState.RUNNING);
      assertThat(console.toString(StandardCharsets.ISO_8859_1)).doesNotContain("LOST");
      arrived.pause(RunState.PAUSED);
    } finally {
      from.clear();
      to.clear();
    }
  }

  /** What the machine does not answer while the link is broken, it refuses: nothing waits. */
  @Test
  void aKernelGuestWhoseLinkBreaks_canBeAsked_recovered_orEnded() throws Exception {
    for (boolean recovered : new boolean[] {true, false}) {
      ByteArrayOutputStream console = new ByteArrayOutputStream();
      MachineSlot from = new MachineSlot();
      MachineSlot to =
          new MachineSlot(MachineSlot.ExpectedConfig.NONE, MachineHost.SILENT.withConsole(console));
      from.put(
          Machine.builder()
              .memory(32 * MIB)
              .append("workload=kvstore kvstore.size=2M workload.interval=30")
              .console(console)
              .build());
      java.util.Objects.requireNonNull(from.machine()).start();
      try (MigrationService a = new MigrationService(from);
          MigrationService b = new MigrationService(to);
          CuttingProxy proxy =
              new CuttingProxy(b.listen("tcp:127.0.0.1:0"), MessageType.WANT, false, false)) {
        awaitLine(console, 0);
        a.setCapabilities(Map.of("postcopy-ram", true));
        a.setParameters(Map.of("max-bandwidth", 500_000));
        a.migrate(proxy.address());
        awaitStatus(a, "active");
        a.startPostcopy();
        awaitStatus(b, "postcopy-paused");
        awaitStatus(a, "postcopy-paused");
        Machine arrived = java.util.Objects.requireNonNull(to.machine());
        assertThat(arrived.state()).isEqualTo(RunState.RUNNING);
        assertThatThrownBy(() -> arrived.pause(RunState.PAUSED))
            .hasMessageContaining("migrate-recover");
        assertThat(arrived.state()).isEqualTo(RunState.RUNNING);
        if (recovered) {
          a.resumePostcopy(proxy.address());
          awaitStatus(b, "completed");
          awaitLine(console, console.size());
          arrived.pause(RunState.PAUSED);
          assertThat(console.toString(StandardCharsets.ISO_8859_1)).doesNotContain("LOST");
        }
      } finally {
        // As a process ends: a guest that waits for a page does not keep it.
        from.clear();
        to.clear();
      }
    }
  }

  private static void awaitStatus(MigrationService service, String status) {
    while (!status.equals(service.query().get("status"))) {
      assertThat(service.query().get("status")).isNotEqualTo("failed");
      Thread.onSpinWait();
    }
  }

  private static void awaitLine(ByteArrayOutputStream console, int from) {
    while (console.toString(StandardCharsets.ISO_8859_1).indexOf("workload-stat", from) < 0) {
      Thread.onSpinWait();
    }
  }

  /** Many threads bring and want the same pages; what the guest writes afterwards stays. */
  @Test
  void aPageIsPlacedOnce_howeverManyBringIt() throws Exception {
    int pages = 256;
    for (int round = 0; round < 20; round++) {
      try (GuestMemory memory = GuestMemory.anonymous(pages * 4096L)) {
        MissingPages missing = new MissingPages(memory);
        missing.add(0, pages);
        missing.linked(true);
        AtomicInteger placed = new AtomicInteger();
        Thread[] threads = new Thread[3];
        for (int t = 0; t < threads.length; t++) {
          byte[] bytes = new byte[4096];
          java.util.Arrays.fill(bytes, (byte) (t + 1));
          MemorySegment page = MemorySegment.ofArray(bytes);
          threads[t] =
              Thread.ofPlatform()
                  .start(
                      () -> {
                        for (int p = 0; p < pages; p++) {
                          if (missing.place(p, page)) {
                            placed.incrementAndGet();
                            memory.store64(GuestMemory.RAM_BASE + p * 4096L, 99);
                          }
                        }
                      });
        }
        missing.await(0, pages - 1);
        for (Thread thread : threads) {
          thread.join(TimeUnit.SECONDS.toMillis(10));
        }
        assertThat(placed).hasValue(pages);
        for (int p = 0; p < pages; p++) {
          assertThat(memory.load64(GuestMemory.RAM_BASE + p * 4096L)).isEqualTo(99);
        }
      }
    }
  }
}
