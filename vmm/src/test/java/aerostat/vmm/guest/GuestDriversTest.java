package aerostat.vmm.guest;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
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

  @ParameterizedTest
  @EnumSource(Flavour.class)
  void inflatesReportsStatisticsAndDeflates(Flavour flavour) {
    try (Machine m = machine("workload=kvstore kvstore.size=1M", flavour)) {
      m.runUntilPoll(100_000);
      assertThat(m.balloon().driverReady()).as(text()).isTrue();
      locked(m, () -> m.balloon().setTarget(RAM / 2));
      locked(m, () -> m.balloon().setStatsPollingInterval(1));
      m.runUntilPoll(2_500_000);
      assertThat(m.balloon().actualBytes()).isEqualTo(RAM / 2);
      assertThat(m.balloon().stats().get("stat-total-memory")).isBetween(60 * MIB, 64 * MIB);
      assertThat(m.balloon().stats().get("stat-free-memory")).isBetween(20 * MIB, 31 * MIB);
      locked(m, () -> m.balloon().setTarget(RAM));
      m.runUntilPoll(5_000_000);
      assertThat(m.balloon().actualBytes()).isEqualTo(RAM);
      assertThat(m.balloon().stats().get("stat-free-memory")).isGreaterThan(55 * MIB);
      assertThat(text()).contains("lost=0").doesNotContain("LOST").doesNotContain("panic");
    }
  }

  @Test
  void hintsEachFreeBlockOnceARoundAndTakesAllBack() {
    try (Machine m = machine("workload=kvstore kvstore.size=1M", Flavour.PLAIN)) {
      m.runUntilPoll(100_000);
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
        m.runUntilPoll(m.polls() + 100_000);
        locked(m, () -> m.balloon().hintStop());
        m.runUntilPoll(m.polls() + 50_000);
      }
      assertThat(hinted).hasSizeGreaterThan(10);
      locked(m, () -> m.balloon().hintDone());
      m.runUntilPoll(m.polls() + 50_000);
      locked(m, () -> m.balloon().setTarget(RAM / 4));
      m.runUntilPoll(m.polls() + 1_000_000);
      assertThat(m.balloon().actualBytes()).as("the blocks are free again").isEqualTo(RAM / 4);
      assertThat(text()).doesNotContain("LOST").doesNotContain("panic");
    }
  }

  @ParameterizedTest
  @EnumSource(Flavour.class)
  void mixEndsWellWithABalloonThatMoves(Flavour flavour) {
    try (Machine m = machine("workload=mix mix.rounds=50", flavour)) {
      for (int i = 0; i < 8; i++) {
        int target = i;
        m.at(20_000 + 15_000L * i, () -> m.balloon().setTarget(RAM - (target % 3) * 8 * MIB));
      }
      m.runUntilPoll(100_000_000);
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
