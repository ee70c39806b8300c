package aerostat.tools.checks;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** x-query-ram-hash must see any single bit of what a guest owns. */
class HashSensitivityTest {
  private static final int FLIPS = 1000;
  private static final long SEED = 20261120;

  @Test
  void everyOneBitFlipOutsideHostHeldPagesChangesTheHash() throws Exception {
    WaitingConsole console = new WaitingConsole();
    try (Machine machine =
        Machine.builder().memory(16L << 20).append("workload=idle").console(console).build()) {
      machine.start();
      console.await("workload: idle");
      machine.lock().lock();
      try {
        machine.balloon().setTarget(12L << 20);
      } finally {
        machine.lock().unlock();
      }
      while (machine.pageStates().balloon() == 0) {
        Thread.onSpinWait();
      }
      machine.pause(RunState.PAUSED);
      String whole = machine.ramHash(false);
      SplittableRandom random = new SplittableRandom(SEED);
      MemorySegment ram = machine.memory().segment();
      MemorySegment state = machine.flatState().segment();
      for (int flip = 0; flip < FLIPS; flip++) {
        boolean inState = flip % 20 == 0;
        MemorySegment where = inState ? state : ram;
        long at = random.nextLong(where.byteSize());
        while (!inState
            && machine.memory().owners().get(GuestMemory.RAM_BASE + at) != PageOwners.GUEST) {
          at = random.nextLong(where.byteSize());
        }
        byte mask = (byte) (1 << random.nextInt(8));
        byte before = where.get(ValueLayout.JAVA_BYTE, at);
        where.set(ValueLayout.JAVA_BYTE, at, (byte) (before ^ mask));
        assertThat(machine.ramHash(false))
            .as(
                "seed %d, flip %d: bit mask %#x at %#x of %s",
                SEED, flip, mask, at, inState ? "the state" : "RAM")
            .isNotEqualTo(whole);
        where.set(ValueLayout.JAVA_BYTE, at, before);
      }
      assertThat(machine.ramHash(false)).isEqualTo(whole);
    }
  }
}
