package aerostat.vmm.guest;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import aerostat.vmm.machine.Machine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The guest's driver and our device over packed rings, and over split ones with IN_ORDER. */
class PackedRingsTest {
  private static final long RAM = 64L << 20;

  private final ByteArrayOutputStream console = new ByteArrayOutputStream();

  private void runUntil(Machine machine, BooleanSupplier condition) {
    long last = machine.polls() + 100_000;
    while (!condition.getAsBoolean()) {
      assertThat(machine.polls())
          .as(console.toString(StandardCharsets.ISO_8859_1))
          .isLessThan(last);
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

  @ParameterizedTest
  @CsvSource({"true,false", "true,true", "false,true"})
  void aGuestWorksOverPackedRings(boolean packed, boolean all) {
    BalloonOptions options =
        new BalloonOptions(true, false, false, true)
            .with(BalloonProperty.PACKED, packed)
            .with(BalloonProperty.EVENT_IDX, all)
            .with(BalloonProperty.INDIRECT_DESC, all)
            .with(BalloonProperty.NOTIFICATION_DATA, all)
            .with(BalloonProperty.IN_ORDER, all)
            .with(BalloonProperty.QUEUE_RESET, all);
    try (Machine m =
        Machine.builder()
            .memory(RAM)
            .append("workload=kvstore kvstore.size=1M")
            .balloon(options)
            .deterministic(11)
            .console(console)
            .build()) {
      runUntil(m, () -> m.balloon().driverReady());
      locked(m, () -> m.balloon().setTarget(RAM / 2));
      locked(m, () -> m.balloon().setStatsPollingInterval(1));
      runUntil(m, () -> m.balloon().actualBytes() == RAM / 2);
      runUntil(m, () -> m.balloon().stats().getOrDefault("stat-free-memory", 0L) > 1 << 20);
      Set<Long> hinted = new HashSet<>();
      locked(m, () -> m.balloon().hintStart((gpa, length) -> hinted.add(gpa)));
      m.runUntilPoll(m.polls() + 5_000);
      assertThat(hinted).isNotEmpty();
      locked(m, () -> m.balloon().hintDone());
      locked(m, () -> m.balloon().setTarget(RAM));
      runUntil(m, () -> m.balloon().actualBytes() == RAM);
      assertThat(console.toString(StandardCharsets.ISO_8859_1))
          .doesNotContain("LOST")
          .doesNotContain("panic")
          .doesNotContain("id ");
    }
  }
}
