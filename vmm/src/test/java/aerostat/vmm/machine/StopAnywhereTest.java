package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.bareguest.CopyGuest;
import aerostat.bareguest.CounterGuest;
import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.migration.InProcessMove;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A guest that never cooperates is stopped, inspected, and goes on without loss. */
final class StopAnywhereTest {
  private static final int STOPS = 300;

  @Test
  void endlessLoopStopsAndGoesOn() {
    Random random = new Random(1);
    try (Machine machine =
        Machine.builder().memory(4 << 20).image(TestGuests.image(CounterGuest.class)).build()) {
      machine.start();
      long[] nanos = new long[STOPS];
      long count = -1;
      for (int i = 0; i < STOPS; i++) {
        LockSupport.parkNanos(random.nextInt(300_000));
        long before = System.nanoTime();
        machine.pause(RunState.PAUSED);
        nanos[i] = System.nanoTime() - before;
        long now = machine.memory().load64(CounterGuest.COUNTER);
        assertThat(now).isGreaterThanOrEqualTo(count);
        String hash = machine.ramHash(true);
        assertThat(machine.ramHash(true)).isEqualTo(hash);
        count = now;
        machine.setFlavour(i % 2 == 0 ? Flavour.SANITIZING : Flavour.PLAIN);
        machine.resume();
      }
      machine.pause(RunState.PAUSED);
      assertThat(machine.memory().load64(CounterGuest.COUNTER)).isGreaterThan(STOPS);
      report("endless loop", nanos);
    }
  }

  @Test
  void hugeCopyStopsAndGoesOn() throws Exception {
    long mib = 256;
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    try (Machine machine =
        Machine.builder()
            .memory((2 * mib + 2) << 20)
            .image(TestGuests.image(CopyGuest.class))
            .append("mib=" + mib)
            .console(console)
            .build()) {
      machine.start();
      long[] nanos = new long[STOPS];
      int stops = 0;
      while (stops < STOPS && machine.state() != RunState.SHUTDOWN) {
        LockSupport.parkNanos(100_000);
        long before = System.nanoTime();
        machine.pause(RunState.PAUSED);
        nanos[stops++] = System.nanoTime() - before;
        if (machine.state() == RunState.PAUSED) {
          assertThat(machine.memory().load32(GuestMemory.RAM_BASE)).isNotZero();
          machine.resume();
        }
      }
      assertThat(machine.awaitEnd(Duration.ofSeconds(60))).isTrue();
      assertThat(console.toString(StandardCharsets.ISO_8859_1)).isEqualTo("cY");
      report("copy", Arrays.copyOf(nanos, stops));
    }
  }

  @Test
  void endlessLoopIsMovedAndGoesOn() {
    Machine machine =
        Machine.builder().memory(4 << 20).image(TestGuests.image(CounterGuest.class)).build();
    try {
      machine.start();
      for (int i = 0; i < 10; i++) {
        LockSupport.parkNanos(1_000_000);
        machine.pause(RunState.PAUSED);
        long count = machine.memory().load64(CounterGuest.COUNTER);
        long time = machine.guestTime();
        Machine moved = InProcessMove.move(machine, MachineHost.SILENT);
        machine.close();
        machine = moved;
        assertThat(machine.memory().load64(CounterGuest.COUNTER)).isEqualTo(count);
        assertThat(machine.guestTime()).isGreaterThanOrEqualTo(time);
        machine.resume();
        awaitCount(machine, count + 1000);
        assertThat(machine.guestTime()).isGreaterThan(time);
      }
    } finally {
      machine.close();
    }
  }

  private static void awaitCount(Machine machine, long count) {
    long until = System.nanoTime() + 20_000_000_000L;
    while (machine.memory().load64(CounterGuest.COUNTER) < count) {
      assertThat(System.nanoTime()).as("the guest goes on").isLessThan(until);
      Thread.onSpinWait();
    }
  }

  @Test
  void hugeCopyIsMovedInItsMiddleAndEndsWell() throws Exception {
    long mib = 64;
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    Machine machine =
        Machine.builder()
            .memory((2 * mib + 2) << 20)
            .image(TestGuests.image(CopyGuest.class))
            .append("mib=" + mib)
            .deterministic(1)
            .console(console)
            .build();
    try {
      // Block by block the copy polls 1024 times; the fill before it a few times only.
      for (int i = 1; i <= 5; i++) {
        machine.runUntilPoll(machine.polls() + 150);
        assertThat(machine.state()).isEqualTo(RunState.PAUSED);
        Machine moved = InProcessMove.move(machine, MachineHost.SILENT.withConsole(console));
        machine.close();
        machine = moved;
      }
      machine.runUntilPoll(Long.MAX_VALUE);
      assertThat(console.toString(StandardCharsets.ISO_8859_1)).isEqualTo("cY");
    } finally {
      machine.close();
    }
  }

  private static void report(String what, long[] nanos) {
    Arrays.sort(nanos);
    System.out.printf(
        "pause latency, %s: median %d us, p99 %d us, most %d us, n = %d%n",
        what,
        nanos[nanos.length / 2] / 1000,
        nanos[nanos.length * 99 / 100] / 1000,
        nanos[nanos.length - 1] / 1000,
        nanos.length);
    assertThat(nanos[nanos.length / 2]).as("median, ns").isLessThan(20_000_000);
  }
}
