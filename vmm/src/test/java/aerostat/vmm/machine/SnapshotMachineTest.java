package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.FreePageHintSink;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.SnapshotRam;
import aerostat.vmm.image.GuestImage;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

class SnapshotMachineTest {
  private static final HardwareHooks SNAPSHOT =
      new HardwareHooks() {
        @Override
        public GuestMemory memory(long bytes) {
          return SnapshotRam.memory(bytes);
        }
      };

  private static SnapshotMachine boot(long bytes, String append) throws IOException {
    MachineBuilder builder = Machine.builder().memory(bytes).append(append).deterministic(3);
    return SnapshotMachine.boot(
        builder.config(), GuestImage.defaultImage(), MachineHost.SILENT, SNAPSHOT);
  }

  /** Inflates, hints (so discards and changes page owners), and runs on. */
  private static String disturb(SnapshotMachine machine, int n) {
    machine.lock().lock();
    try {
      machine.balloon().setTarget((20L + n % 7) << 20);
      if (n % 2 == 0) {
        machine.balloon().hintStart((FreePageHintSink) (gpa, length) -> {});
      }
    } finally {
      machine.lock().unlock();
    }
    machine.run(300 + 100L * n);
    return RamHash.of(machine.memory(), machine.state().segment(), true);
  }

  @Test
  void goesBackToTheLastByteAndRunsTheSameWayAgain() throws IOException {
    try (SnapshotMachine machine = boot(32 << 20, "workload=kvstore kvstore.size=256K")) {
      for (int n = 0; n < 10; n++) {
        String first = disturb(machine, n);
        assertThat(machine.difference()).isNotNull();
        machine.rewind();
        assertThat(machine.difference()).isNull();
        assertThat(disturb(machine, n)).isEqualTo(first);
        machine.rewind();
        assertThat(machine.difference()).isNull();
      }
    }
  }

  @Test
  void aWriteThatLeavesNoMarkIsSeenByTheFullLook() throws IOException {
    try (SnapshotMachine machine = boot(32 << 20, "workload=idle")) {
      machine.memory().segment().setAtIndex(ValueLayout.JAVA_BYTE, 20 << 20, (byte) 1);
      machine.rewind();
      assertThat(machine.difference()).isEqualTo("page 5120 of RAM");
      machine.restore();
      assertThat(machine.difference()).isNull();
    }
  }

  @Test
  void aGuestThatPanickedOrSleepsForEverGoesBackToo() throws IOException {
    try (SnapshotMachine machine = boot(32 << 20, "workload=idle")) {
      assertThat(machine.run(1000)).isEqualTo(SnapshotMachine.Stop.ASLEEP);
      machine.rewind();
      long everything = machine.memory().end() - GuestMemory.RAM_BASE - machine.memory().romSize();
      machine
          .memory()
          .fill(GuestMemory.RAM_BASE + machine.memory().romSize(), everything, (byte) 7);
      machine.lock().lock();
      machine.balloon().setTarget(20 << 20);
      machine.lock().unlock();
      assertThat(machine.run(1000)).isEqualTo(SnapshotMachine.Stop.PANICKED);
      assertThat(machine.oops()).isNotNull();
      machine.rewind();
      assertThat(machine.oops()).isNull();
      assertThat(machine.difference()).isNull();
      assertThat(machine.run(1000)).isEqualTo(SnapshotMachine.Stop.ASLEEP);
    }
  }

  @Test
  void closingEndsTheGuestOnTheThreadThatRunsItAndForGood() throws Exception {
    SnapshotMachine machine = boot(32 << 20, "workload=kvstore kvstore.size=256K");
    CountDownLatch begun = new CountDownLatch(1);
    BlockingQueue<String> ends = new LinkedBlockingQueue<>();
    Thread driver =
        Thread.ofPlatform()
            .start(
                () -> {
                  machine.adopt();
                  machine.run(100);
                  begun.countDown();
                  try {
                    while (true) {
                      machine.run(1 << 20);
                    }
                  } catch (IllegalStateException e) {
                    ends.add(String.valueOf(e.getMessage()));
                  }
                });
    begun.await();
    machine.close();
    driver.join();
    assertThat(ends).containsExactly("the vCPU is closed");
  }
}
