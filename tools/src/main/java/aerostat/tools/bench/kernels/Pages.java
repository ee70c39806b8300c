package aerostat.tools.bench.kernels;

import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;

/** The page allocator as the kernel's own callers use it. */
public final class Pages {
  private Pages() {}

  /** Blocks that {@link #mixed} holds at most; 8 bytes each in its table. */
  public static final int SLOTS = 64;

  /** A block for a benchmark to work in; 0 if there is none. */
  public static long area(int order) {
    return PageAlloc.getFreePages(Gfp.GFP_KERNEL | Gfp.__GFP_ZERO, order);
  }

  /**
   * Leaves {@code count}/2 single pages on the free list of order 0, their neighbours taken for
   * ever, so that the next allocations of one page split nothing; returns how many were taken.
   */
  public static int scatter(int count) {
    long first = 0;
    int taken = 0;
    for (int i = 0; i < count; i++) {
      Page page = PageAlloc.allocPages(Gfp.GFP_KERNEL, 0);
      if (page != null) {
        Memory.store64(page.virtual(), first);
        first = page.virtual();
        taken++;
      }
    }
    while (first != 0) {
      long next = Memory.load64(first);
      Page page = Page.ofAddress(first);
      if ((page.pfn() & 1) == 0) {
        PageAlloc.freePages(page, 0);
        taken--;
      }
      first = next;
    }
    return taken;
  }

  /** Allocates one page and frees it, so many times; returns how often there was none. */
  public static int pairs(int count) {
    int failed = 0;
    for (int i = 0; i < count; i++) {
      Page page = PageAlloc.allocPages(Gfp.GFP_KERNEL, 0);
      if (page == null) {
        failed++;
      } else {
        PageAlloc.freePages(page, 0);
      }
    }
    return failed;
  }

  /**
   * Each step picks a slot: takes a block of order 0 to 3 if the slot is empty, else frees what is
   * there. In the end all slots are emptied, so that each call does the same work.
   *
   * @param table {@link #SLOTS} words, all zero
   * @return how often there was no block
   */
  public static int mixed(long table, long seed, int steps) {
    long state = seed | 1;
    int failed = 0;
    for (int i = 0; i < steps; i++) {
      state ^= state << 13;
      state ^= state >>> 7;
      state ^= state << 17;
      int slot = (int) (state & (SLOTS - 1));
      if (!turn(table + slot * 8L, slot & 3)) {
        failed++;
      }
    }
    for (int slot = 0; slot < SLOTS; slot++) {
      if (Memory.load64(table + slot * 8L) != 0) {
        turn(table + slot * 8L, slot & 3);
      }
    }
    return failed;
  }

  private static boolean turn(long slot, int order) {
    long held = Memory.load64(slot);
    if (held == 0) {
      Page page = PageAlloc.allocPages(Gfp.GFP_KERNEL, order);
      Memory.store64(slot, page == null ? 0 : page.address());
      return page != null;
    }
    PageAlloc.freePages(new Page(held), order);
    Memory.store64(slot, 0);
    return true;
  }
}
