package aerostat.tools.explore;

import aerostat.mmio.memory.GuestMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the blocks are: of the whole blocks above the first those that the kernel had left free
 * when it was up.
 */
final class GuestPages {
  static final long PER_BLOCK = SmallMachine.BLOCK >>> GuestMemory.PAGE_SHIFT;

  /** A block's place in RAM, in blocks. */
  private final List<Integer> places = new ArrayList<>();

  /**
   * @param inUse bit i: block i + 1 of RAM is in use
   * @param count blocks above the first
   */
  GuestPages(int inUse, int count) {
    for (int i = 0; i < count; i++) {
      if ((inUse >>> i & 1) == 0) {
        places.add(i + 1);
      }
    }
  }

  int blocks() {
    return places.size();
  }

  /** Index of a block's first page from the start of RAM. */
  long index(int block) {
    return places.get(block) * PER_BLOCK;
  }

  /** The guest's number of that page. */
  long first(int block) {
    return (GuestMemory.RAM_BASE >>> GuestMemory.PAGE_SHIFT) + index(block);
  }

  long address(int block) {
    return GuestMemory.RAM_BASE + (index(block) << GuestMemory.PAGE_SHIFT);
  }

  /** The block at an address, -1 for other memory. */
  int block(long address) {
    return places.indexOf((int) ((address - GuestMemory.RAM_BASE) / SmallMachine.BLOCK));
  }

  /** The block of a guest's page number. */
  int ofPage(int page) {
    return block(Integer.toUnsignedLong(page) << GuestMemory.PAGE_SHIFT);
  }

  /** Of a mask as for the constructor: whether the block is in use. */
  boolean inUse(int mask, int block) {
    return (mask >>> (places.get(block) - 1) & 1) != 0;
  }
}
