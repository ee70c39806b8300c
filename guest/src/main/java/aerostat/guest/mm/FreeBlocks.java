package aerostat.guest.mm;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/**
 * Walks over the free lists that hand out what they see: walk_free_mem_block of the letter's v28,
 * and what get_free_pages of 2016 did. The blocks stay free: they may be in use by the time anybody
 * reads of them (WALK-03).
 */
public final class FreeBlocks {
  private FreeBlocks() {}

  /**
   * walk_free_mem_block (WALK-01, WALK-02): largest blocks first, the lock let go between lists, so
   * that a block may be met twice or never.
   *
   * @param minOrder smallest order that is walked
   * @return 0, or the value with which {@code fn} has ended it
   */
  public static int walk(int minOrder, FreeBlockFn fn, long data) {
    int result = 0;
    Memory.store64(MmData.WALK_HOLD, 0);
    for (Zone zone = Zone.normal(); zone != null && result == 0; zone = zone.next()) {
      result = walk(zone, minOrder, fn, data);
    }
    return result;
  }

  private static int walk(Zone zone, int minOrder, FreeBlockFn fn, long data) {
    int result = 0;
    long longest = longestHold();
    for (int order = Zone.MAX_PAGE_ORDER; order >= minOrder && result == 0; order--) {
      for (int type = 0; type < FreeArea.MIGRATE_TYPES && result == 0; type++) {
        int flags = zone.lock().lockIrqsave();
        long start = Cpu.now();
        result = list(zone, order, type, fn, data);
        longest = Math.max(longest, Cpu.now() - start);
        zone.lock().unlockIrqrestore(flags);
      }
    }
    Memory.store64(MmData.WALK_HOLD, longest);
    return result;
  }

  /** The longest time for which the last {@link #walk} has held the zone's lock, ns. */
  public static long longestHold() {
    return Memory.load64(MmData.WALK_HOLD);
  }

  /**
   * Every free block, smallest first, under one hold of the zone's lock, which the caller has
   * (BITMAP-05). 0, or the value with which {@code fn} has ended it.
   */
  public static int eachLocked(Zone zone, FreeBlockFn fn, long data) {
    int result = 0;
    for (int order = 0; order <= Zone.MAX_PAGE_ORDER && result == 0; order++) {
      for (int type = 0; type < FreeArea.MIGRATE_TYPES && result == 0; type++) {
        result = list(zone, order, type, fn, data);
      }
    }
    return result;
  }

  private static int list(Zone zone, int order, int type, FreeBlockFn fn, long data) {
    ListHead head = zone.freeArea(order).freeList(type);
    ListHead at = head.next();
    while (!head.is(at)) {
      int result = fn.report(Page.ofLru(at).pfn(), 1L << order, data);
      if (result != 0) {
        return result;
      }
      at = at.next();
    }
    boolean last = order == Zone.MAX_PAGE_ORDER && type == FreeArea.MIGRATE_MOVABLE;
    return last ? deferred(zone, fn, data) : 0;
  }

  /** RAM that is free but on no list yet, block by block as if it were. */
  private static int deferred(Zone zone, FreeBlockFn fn, long data) {
    long block = 1L << Zone.MAX_PAGE_ORDER;
    int result = 0;
    for (long pfn = zone.deferredStart(); pfn < zone.deferredEnd() && result == 0; pfn += block) {
      result = fn.report(pfn, block, data);
    }
    return result;
  }
}
