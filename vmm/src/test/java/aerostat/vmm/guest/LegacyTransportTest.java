package aerostat.vmm.guest;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import aerostat.mmio.virtio.VirtioMmioOptions;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.InProcessMove;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole guest over version 1 of the transport (MMIO-03, MMIO-04, UAPI-13, BASE-LEG-04). */
class LegacyTransportTest {
  private static final long MIB = 1 << 20;
  private static final long RAM = 64 * MIB;

  private final ByteArrayOutputStream console = new ByteArrayOutputStream();

  private Machine machine(VirtioMmioOptions transport, String append) {
    return Machine.builder()
        .memory(RAM)
        .append(append)
        .balloon(
            new BalloonOptions(true, true, true, true)
                .with(BalloonProperty.PACKED, true)
                .with(BalloonProperty.QUEUE_RESET, true))
        .virtioMmio(transport)
        .deterministic(11)
        .console(console)
        .build();
  }

  private String text() {
    return console.toString(StandardCharsets.ISO_8859_1);
  }

  private void runUntil(Machine machine, BooleanSupplier condition) {
    long last = machine.polls() + 100_000;
    while (!condition.getAsBoolean()) {
      assertThat(machine.polls()).as(this::text).isLessThan(last);
      machine.runUntilPoll(machine.polls() + 500);
    }
  }

  private static void locked(Machine machine, Runnable action) {
    machine.lock().lock();
    try {
      action.run();
    } finally {
      machine.lock().unlock();
    }
  }

  private void inflateAndDeflate(Machine m) {
    locked(m, () -> m.balloon().setTarget(RAM / 2));
    locked(m, () -> m.balloon().setStatsPollingInterval(1));
    runUntil(m, () -> m.balloon().actualBytes() == RAM / 2);
    runUntil(m, () -> m.balloon().stats().getOrDefault("stat-free-memory", 0L) > MIB);
    locked(m, () -> m.balloon().setTarget(RAM));
    runUntil(m, () -> m.balloon().actualBytes() == RAM);
  }

  private void assertAllWell() {
    assertThat(text()).doesNotContain("LOST").doesNotContain("panic").doesNotContain("id ");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGuestWorksOverVersion1(boolean pfnReset) {
    try (Machine m =
        machine(
            new VirtioMmioOptions(true, pfnReset),
            "workload=kvstore kvstore.size=1M page_poison=1")) {
      runUntil(m, () -> m.balloon().driverReady());
      inflateAndDeflate(m);
      Set<Long> hinted = new HashSet<>();
      locked(m, () -> m.balloon().hintStart((gpa, length) -> hinted.add(gpa)));
      m.runUntilPoll(m.polls() + 5_000);
      assertThat(hinted).isNotEmpty();
      locked(m, () -> m.balloon().hintDone());
      m.runUntilPoll(m.polls() + 2_000);
      inflateAndDeflate(m);
      assertAllWell();
    }
  }

  /** The queues are deleted with PFN 0, which in QEMU resets the device, and set up again. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void mmio05_theDriverIsTakenOffAndAnotherTakesOver(boolean pfnReset) {
    try (Machine m =
        machine(
            new VirtioMmioOptions(true, pfnReset),
            "workload=kvstore kvstore.size=1M virtio_balloon.rebind=none@1")) {
      runUntil(m, () -> text().contains("virtio0: removed"));
      runUntil(m, () -> m.balloon().driverReady());
      inflateAndDeflate(m);
      assertAllWell();
    }
  }

  @Test
  void aGuestOverVersion1MovesInTheMiddleOfThings() {
    Machine m = machine(VirtioMmioOptions.LEGACY, "workload=mix mix.rounds=20 workload.poweroff=y");
    int moves = 0;
    try {
      while (m.state() != RunState.SHUTDOWN) {
        Machine before = m;
        long target = RAM - moves % 3 * 8L * MIB;
        locked(before, () -> before.balloon().setTarget(target));
        before.runUntilPoll(before.polls() + 211);
        if (before.state() == RunState.PAUSED) {
          m = InProcessMove.move(before, MachineHost.SILENT.withConsole(console));
          before.close();
          assertThat(m.config().virtioMmio()).isEqualTo(VirtioMmioOptions.LEGACY);
          moves++;
        }
      }
      assertThat(m.guestFailed()).as(this::text).isFalse();
      assertThat(moves).isGreaterThan(5);
      assertAllWell();
    } finally {
      m.close();
    }
  }
}
