package aerostat.vmm.guest;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The guest's balloon driver and workloads, rewritten, against the real device. */
class GuestDriversTest {
  private static final long MIB = 1 << 20;
  private static final long RAM = 64 * MIB;
  private static final BalloonOptions HINTS = new BalloonOptions(true, false, false, true);

  private final ByteArrayOutputStream console = new ByteArrayOutputStream();

  private String text() {
    return console.toString(StandardCharsets.ISO_8859_1);
  }

  private Machine machine(String append, Flavour flavour) {
    return Machine.builder()
        .memory(RAM)
        .append(append)
        .balloon(HINTS)
        .deterministic(11)
        .flavour(flavour)
        .console(console)
        .build();
  }

  private static void locked(Machine machine, Runnable action) {
    machine.lock().lock();
    try {
      action.run();
    } finally {
      machine.lock().unlock();
    }
  }

  /** Runs on until the condition holds. A poll is not a time: an idle guest skips ahead. */
  private void runUntil(Machine machine, BooleanSupplier condition) {
    long last = machine.polls() + 100_000;
    while (!condition.getAsBoolean()) {
      assertThat(machine.polls()).as(text()).isLessThan(last);
      long before = machine.polls();
      machine.runUntilPoll(before + 500);
      assertThat(machine.polls()).as("the guest stands still: " + text()).isGreaterThan(before);
    }
  }

  private static long statistic(Machine machine, String name) {
    return machine.balloon().stats().getOrDefault(name, -1L);
  }

  @ParameterizedTest
  @EnumSource(Flavour.class)
  void inflatesReportsStatisticsAndDeflates(Flavour flavour) {
    try (Machine m = machine("workload=kvstore kvstore.size=1M", flavour)) {
      runUntil(m, () -> m.balloon().driverReady());
      locked(m, () -> m.balloon().setTarget(RAM / 2));
      locked(m, () -> m.balloon().setStatsPollingInterval(1));
      runUntil(m, () -> m.balloon().actualBytes() == RAM / 2);
      runUntil(m, () -> statistic(m, "stat-free-memory") < 31 * MIB);
      assertThat(statistic(m, "stat-total-memory"))
          .as("CLASSIC-12: unchanged with DEFLATE_ON_OOM")
          .isBetween(60 * MIB, 64 * MIB);
      assertThat(statistic(m, "stat-free-memory")).isGreaterThan(20 * MIB);
      locked(m, () -> m.balloon().setTarget(RAM));
      runUntil(m, () -> m.balloon().actualBytes() == RAM);
      runUntil(m, () -> statistic(m, "stat-free-memory") > 55 * MIB);
      assertThat(text()).contains("lost=0").doesNotContain("LOST").doesNotContain("panic");
    }
  }

  @Test
  void aBalloonTakesWhatThePageCacheHolds() {
    String append = "workload=readfile readfile.size=40M readfile.rate=40";
    try (Machine m = machine(append + " page_poison=1", Flavour.PLAIN)) {
      runUntil(m, () -> m.balloon().driverReady());
      locked(m, () -> m.balloon().setStatsPollingInterval(1));
      runUntil(m, () -> statistic(m, "stat-disk-caches") > 30 * MIB);
      locked(m, () -> m.balloon().setTarget(RAM / 4));
      runUntil(m, () -> m.balloon().actualBytes() == RAM / 4);
      runUntil(m, () -> statistic(m, "stat-disk-caches") < 15 * MIB);
      assertThat(text())
          .contains("lost=0")
          .doesNotContain("LOST")
          .doesNotContain("pagealloc")
          .doesNotContain("panic");
    }
  }

  @Test
  void aPageInTheBalloonIsTakenOutOfUse() {
    long page = GuestMemory.RAM_BASE + RAM - 16 * MIB + 4096 * 99;
    String append =
        "movablecore=16M workload=kvstore kvstore.size=1M show=meminfo show.interval=500"
            + " soft_offline_page="
            + page
            + "@3";
    try (Machine m = machine(append, Flavour.SANITIZING)) {
      runUntil(m, () -> m.balloon().driverReady());
      locked(m, () -> m.balloon().setTarget(RAM / 2));
      runUntil(m, () -> m.balloon().actualBytes() == RAM / 2);
      assertThat(m.memory().owners().get(page)).isEqualTo(PageOwners.BALLOON);
      runUntil(m, () -> text().contains("moved"));
      assertThat(m.memory().owners().get(page)).isEqualTo(PageOwners.GUEST);
      assertThat(m.memory().owners().counts()[PageOwners.BALLOON]).isEqualTo(RAM / 2 / 4096);
      runUntil(m, () -> text().contains("HardwareCorrupted:        4 kB"));
      locked(m, () -> m.balloon().setTarget(RAM));
      runUntil(m, () -> m.balloon().actualBytes() == RAM);
      assertThat(text()).contains("lost=0").doesNotContain("LOST").doesNotContain("panic");
    }
  }

  @Test
  void hintsEachFreeBlockOnceARoundAndTakesAllBack() {
    try (Machine m = machine("workload=kvstore kvstore.size=1M", Flavour.PLAIN)) {
      runUntil(m, () -> m.balloon().driverReady());
      Set<Long> hinted = new HashSet<>();
      for (int round = 0; round < 3; round++) {
        locked(
            m,
            () ->
                m.balloon()
                    .hintStart(
                        (gpa, length) -> {
                          assertThat(length).isEqualTo(4 * MIB);
                          assertThat(hinted.add(gpa)).as("HINT-09: held since").isTrue();
                        }));
        m.runUntilPoll(m.polls() + 5_000);
        locked(m, () -> m.balloon().hintStop());
        m.runUntilPoll(m.polls() + 2_000);
      }
      assertThat(hinted).hasSizeGreaterThan(10);
      locked(m, () -> m.balloon().hintDone());
      m.runUntilPoll(m.polls() + 2_000);
      locked(m, () -> m.balloon().setTarget(RAM / 4));
      // Only the blocks that hinting held can fill this balloon.
      runUntil(m, () -> m.balloon().actualBytes() == RAM / 4);
      assertThat(text()).doesNotContain("LOST").doesNotContain("panic");
    }
  }

  @ParameterizedTest
  @EnumSource(Flavour.class)
  void mixEndsWellWithABalloonThatMoves(Flavour flavour) {
    try (Machine m = machine("workload=mix mix.rounds=50", flavour)) {
      for (int i = 0; i < 8; i++) {
        int target = i;
        m.at(300 + 400L * i, () -> m.balloon().setTarget(RAM - (target % 3) * 8L * MIB));
      }
      m.runUntilPoll(10_000_000);
      assertThat(m.balloon().actualBytes()).as("the targets were followed").isLessThan(RAM);
      assertThat(m.state()).isEqualTo(RunState.SHUTDOWN);
      assertThat(m.guestFailed()).as(text()).isFalse();
      assertThat(text()).contains("mix: done rounds=50 timers=50 works=50 lost=0 checksum=");
    }
  }

  @Test
  void churnDoesTheSameEveryTime() {
    Set<String> ends = new HashSet<>();
    for (int i = 0; i < 2; i++) {
      console.reset();
      try (Machine m =
          machine(
              "workload=churn churn.ops=20000 churn.threads=3 workload.poweroff=y",
              Flavour.PLAIN)) {
        m.runUntilPoll(100_000_000);
        assertThat(m.guestFailed()).as(text()).isFalse();
      }
      ends.add(text().substring(text().indexOf("churn: done")));
    }
    assertThat(ends).hasSize(1);
    assertThat(ends.iterator().next()).contains("ops=19998 threads=3 failed=0 lost=0");
  }
}
