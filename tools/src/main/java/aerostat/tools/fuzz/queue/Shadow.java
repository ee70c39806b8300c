package aerostat.tools.fuzz.queue;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.SnapshotRam;
import aerostat.tools.fuzz.FuzzFinding;
import java.lang.foreign.MemorySegment;

/**
 * Guest RAM as it should be. What the driver writes is taken over; what the device writes has to be
 * allowed first, range by range, and everything else must be as it was.
 */
final class Shadow {
  private static final int PAGE = GuestMemory.PAGE_SIZE;

  private final GuestMemory memory;
  private final SnapshotRam ram;
  private final MemorySegment expected;

  Shadow(GuestMemory memory) {
    this.memory = memory;
    ram = SnapshotRam.of(memory);
    expected = MemorySegment.ofArray(new byte[(int) memory.size()]);
  }

  /** A new input begins: RAM was put back. */
  void begin() {
    expected.copyFrom(memory.segment());
  }

  /** The driver's turn is over: what it wrote is right. */
  void takeOver() {
    int pages = ram.collect();
    for (int i = 0; i < pages; i++) {
      long at = (long) ram.written(i) * PAGE;
      MemorySegment.copy(memory.segment(), at, expected, at, PAGE);
    }
  }

  /** Whatever is in this range now is right. */
  void allow(long gpa, long length) {
    long at = gpa - GuestMemory.RAM_BASE;
    MemorySegment.copy(memory.segment(), at, expected, at, length);
  }

  /** The device's turn is over. */
  void check() {
    int pages = ram.collect();
    for (int i = 0; i < pages; i++) {
      long at = (long) ram.written(i) * PAGE;
      long different =
          MemorySegment.mismatch(memory.segment(), at, at + PAGE, expected, at, at + PAGE);
      if (different >= 0) {
        throw new FuzzFinding(
            "stray write",
            "the device wrote 0x%x".formatted(GuestMemory.RAM_BASE + at + different));
      }
    }
  }
}
