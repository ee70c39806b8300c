package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.bareguest.CopyGuest;
import aerostat.bareguest.CounterGuest;
import aerostat.bareguest.FaultGuest;
import aerostat.mmio.memory.GuestAddressException;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.mmio.state.StateRefusedException;
import aerostat.vmm.cpu.VcpuLayout;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** States, events and limits of a machine. */
final class MachineTest {
  private static MachineBuilder counter() {
    return Machine.builder().memory(4 << 20).image(TestGuests.image(CounterGuest.class));
  }

  @Test
  void statesAndEventsFollowTheCommands() throws Exception {
    LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
    try (Machine machine = counter().build()) {
      machine.onEvent(e -> events.add(e.name() + e.detail()));
      assertThat(machine.state()).isEqualTo(RunState.PRELAUNCH);
      machine.pause(RunState.PAUSED);
      assertThat(machine.state()).isEqualTo(RunState.PRELAUNCH);
      machine.start();
      assertThat(machine.state()).isEqualTo(RunState.RUNNING);
      assertThatThrownBy(machine::start).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(machine::resume).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> machine.ramHash(true)).isInstanceOf(IllegalStateException.class);
      machine.pause(RunState.PAUSED);
      machine.pause(RunState.PAUSED);
      machine.resume();
      machine.pause(RunState.FINISH_MIGRATE);
      assertThat(machine.state()).isEqualTo(RunState.FINISH_MIGRATE);
      assertThatThrownBy(machine::resume).isInstanceOf(IllegalStateException.class);
      machine.resumeAfterMigration();
      machine.shutdown();
      assertThat(machine.state()).isEqualTo(RunState.SHUTDOWN);
      assertThatThrownBy(machine::resume).isInstanceOf(IllegalStateException.class);
      for (String expected :
          new String[] {"RESUME", "STOP", "RESUME", "STOP", "RESUME", "SHUTDOWNhost-qmp-quit"}) {
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo(expected);
      }
    }
  }

  @Test
  void pauseWithTheMachineLockIsRefused() {
    try (Machine machine = counter().build()) {
      machine.start();
      machine.lock().lock();
      try {
        assertThatThrownBy(() -> machine.pause(RunState.PAUSED))
            .isInstanceOf(IllegalStateException.class);
      } finally {
        machine.lock().unlock();
      }
    }
  }

  @Test
  void guestTimeStandsStillWhilePausedAndNeverStepsBack() {
    try (Machine machine = counter().build()) {
      machine.start();
      long last = 0;
      for (int i = 0; i < 20; i++) {
        LockSupport.parkNanos(200_000);
        assertThat(machine.guestTime()).isGreaterThanOrEqualTo(last);
        machine.pause(RunState.PAUSED);
        last = machine.guestTime();
        LockSupport.parkNanos(200_000);
        assertThat(machine.guestTime()).isEqualTo(last);
        machine.resume();
      }
    }
  }

  @Test
  void imageIsReadOnly() {
    try (Machine machine = counter().build()) {
      assertThatThrownBy(() -> machine.memory().store8(GuestMemory.RAM_BASE, 1))
          .isInstanceOf(GuestAddressException.class);
      assertThat(machine.memory().load64(GuestMemory.RAM_BASE)).isNotZero();
    }
  }

  @Test
  void eachOfAThousandFlippedBitsChangesTheHash() {
    Random random = new Random(4);
    try (Machine machine = counter().deterministic(1).build()) {
      machine.runUntilPoll(100);
      GuestMemory memory = machine.memory();
      String hash = machine.ramHash(true);
      String guests = machine.ramHash(false);
      for (int i = 0; i < 1000; i++) {
        long offset = random.nextLong(memory.size());
        byte flip = (byte) (1 << random.nextInt(8));
        byte old = memory.segment().get(ValueLayout.JAVA_BYTE, offset);
        memory.segment().set(ValueLayout.JAVA_BYTE, offset, (byte) (old ^ flip));
        assertThat(machine.ramHash(true)).as("byte %d, seed 4", offset).isNotEqualTo(hash);
        assertThat(machine.ramHash(false)).as("byte %d, seed 4", offset).isNotEqualTo(guests);
        memory.segment().set(ValueLayout.JAVA_BYTE, offset, old);
      }
      assertThat(machine.ramHash(true)).isEqualTo(hash);
    }
  }

  @Test
  void aHashHasTheHostProvideNothing() {
    try (Machine machine = counter().deterministic(1).build()) {
      machine.runUntilPoll(100);
      GuestMemory memory = machine.memory();
      long resident = memory.residentBytes();
      long absent = memory.absentPages().cardinality();
      String hash = machine.ramHash(true);
      assertThat(memory.residentBytes()).isEqualTo(resident);
      assertThat(memory.absentPages().cardinality()).isEqualTo(absent);
      long untouched = memory.absentPages().nextSet(0) << GuestMemory.PAGE_SHIFT;
      memory.segment().set(ValueLayout.JAVA_BYTE, untouched, (byte) 0);
      assertThat(memory.absentPages().cardinality()).isEqualTo(absent - 1);
      assertThat(machine.ramHash(true)).as("a page of zeros, touched or not").isEqualTo(hash);
    }
  }

  @Test
  void registersOutOfRangeAreRefused() {
    try (Machine machine = counter().deterministic(1).build()) {
      machine.runUntilPoll(100);
      byte[] saved = machine.flatState().save();
      Random random = new Random(9);
      int refused = 0;
      for (int i = 0; i < 2000; i++) {
        byte[] hostile = saved.clone();
        // After the layout digest comes "interrupts" (8 bytes), then "vcpu".
        hostile[16 + random.nextInt(VcpuLayout.SIZE)] = (byte) random.nextInt();
        try {
          machine.flatState().restore(hostile);
        } catch (StateRefusedException e) {
          refused++;
        }
        try {
          machine.runUntilPoll(machine.polls() + 5);
        } catch (IllegalStateException e) {
          assertThat(e).hasMessageContaining("no guest");
        }
        machine.setState(RunState.PAUSED);
        machine.flatState().restore(saved);
      }
      assertThat(refused).isGreaterThan(500);
    }
  }

  @Test
  void configurationOutOfRangeIsRefused() {
    assertThatThrownBy(() -> counter().memory(1 << 20).build())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> counter().memory((4 << 20) + 1).build())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> counter().append("x".repeat(2048)).build())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> counter().append("\u4e2d").build())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void eachPageThatTheGuestWritesIsMarked() {
    assertThat(unmarkedPages()).isZero();
  }

  /** Pages that the guest wrote and the log does not hold. */
  private static int unmarkedPages() {
    try (Machine machine =
        Machine.builder()
            .memory(18 << 20)
            .image(TestGuests.image(CopyGuest.class))
            .append("mib=8")
            .deterministic(1)
            .build()) {
      machine.runUntilPoll(Long.MAX_VALUE);
      assertThat(machine.state()).isEqualTo(RunState.SHUTDOWN);
      GuestMemory memory = machine.memory();
      PageBitmap pages = new PageBitmap(memory.pages());
      memory.dirtyLog().harvest(pages);
      int unmarked = 0;
      for (long page = 0; page < memory.pages(); page++) {
        long address = GuestMemory.RAM_BASE + page * GuestMemory.PAGE_SIZE;
        unmarked += !pages.get(page) && !memory.isZero(address, GuestMemory.PAGE_SIZE) ? 1 : 0;
      }
      return unmarked;
    }
  }

  @Test
  void warmMachineIsBuiltQuickly() {
    long[] nanos = new long[30];
    for (int i = 0; i < nanos.length; i++) {
      long before = System.nanoTime();
      Machine machine = Machine.builder().memory(64 << 20).build();
      nanos[i] = System.nanoTime() - before;
      machine.close();
    }
    Arrays.sort(nanos);
    System.out.printf("machine built: median %d us%n", nanos[nanos.length / 2] / 1000);
    assertThat(nanos[0]).as("fastest of %d, ns", nanos.length).isLessThan(20_000_000);
  }

  @Test
  void endIsAwaitedNoLongerThanAsked() throws Exception {
    try (Machine machine = counter().build()) {
      machine.start();
      assertThat(machine.awaitEnd(Duration.ofMillis(5))).isFalse();
    }
    try (Machine machine =
        Machine.builder()
            .memory(4 << 20)
            .image(TestGuests.image(FaultGuest.class))
            .append("fault=0")
            .build()) {
      machine.start();
      assertThat(machine.awaitEnd(Duration.ofSeconds(30))).isTrue();
      assertThat(machine.guestFailed()).isFalse();
    }
  }
}
