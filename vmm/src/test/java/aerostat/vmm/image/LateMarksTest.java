package aerostat.vmm.image;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Marks that are made behind a loop are those of the pages that it stored to, all of them and no
 * others, wherever it is stopped; and where it faults, none is missing.
 */
class LateMarksTest {
  private static final long MEMORY = 32 << 20;
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final GuestImage IMAGE = TestImages.shapes();

  private static Machine machine(int shape, int argument, Flavour flavour) {
    return Machine.builder()
        .memory(MEMORY)
        .image(IMAGE)
        .deterministic((long) shape << 8 | argument)
        .flavour(flavour)
        .build();
  }

  private static boolean isMarked(GuestMemory memory, long address) {
    return memory.dirtyLog().cards()[(int) ((address - GuestMemory.RAM_BASE) / PAGE)] != 0;
  }

  @ParameterizedTest
  @ValueSource(ints = {36, 37, 38, 39, 40})
  void exactlyTheStoredPagesAreMarked(int shape) {
    for (int argument : new int[] {0, 1, 5, 100}) {
      for (int step : new int[] {0, 1, 3}) {
        Flavour flavour = step == 1 ? Flavour.SANITIZING : Flavour.PLAIN;
        try (Machine machine = machine(shape, argument, flavour)) {
          GuestMemory memory = machine.memory();
          long scratch = GuestMemory.RAM_BASE + memory.romSize() + 6 * PAGE;
          memory.dirtyLog().clear();
          for (long poll = 0; machine.state() != RunState.SHUTDOWN; ) {
            poll = step == 0 ? Long.MAX_VALUE : poll + step;
            machine.runUntilPoll(poll);
            pagesAgree(memory, scratch, shape, argument, step);
          }
        }
      }
    }
  }

  /** At rest, and the loops store no zeros. */
  private static void pagesAgree(
      GuestMemory memory, long scratch, int shape, int argument, int step) {
    for (long at = scratch; at < scratch + (1 << 20); at += PAGE) {
      assertThat(isMarked(memory, at))
          .as("shape %d of %d, every poll %d, offset %x", shape, argument, step, at - scratch)
          .isEqualTo(!memory.isZero(at, PAGE));
    }
  }

  @ParameterizedTest
  @CsvSource({"41, PLAIN", "41, SANITIZING", "42, PLAIN", "42, SANITIZING"})
  void aFaultLosesNoMark(int shape, Flavour flavour) {
    try (Machine machine = machine(shape, 0, flavour)) {
      GuestMemory memory = machine.memory();
      memory.dirtyLog().clear();
      machine.runUntilPoll(Long.MAX_VALUE);
      assertThat(machine.state()).isEqualTo(RunState.GUEST_PANICKED);
      int stored = 0;
      long first = GuestMemory.RAM_BASE + memory.romSize();
      for (long at = first; at < memory.end(); at += PAGE) {
        if (memory.load64(at) != 0 && at > first + 5 * PAGE) {
          stored++;
          assertThat(isMarked(memory, at)).as("page at %x", at).isTrue();
        }
      }
      // 3,000 words, 1,024 to a stretch: the last stretch faulted.
      assertThat(stored).isBetween(5, 7);
    }
  }
}
