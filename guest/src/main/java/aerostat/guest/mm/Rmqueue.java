package aerostat.guest.mm;

import aerostat.guest.machine.Bounded;

/**
 * __rmqueue of mm/page_alloc.c: a block of the wanted migrate type, or of another one (MM-01). The
 * zone's lock is held.
 */
final class Rmqueue {
  private Rmqueue() {}

  /** Blocks from here on are claimed for any type (should_try_claim_block). */
  private static final int ALWAYS_CLAIM = Zone.PAGEBLOCK_ORDER / 2;

  /** Null if the zone has no block of this order or above, of any type. */
  static Page take(Zone zone, int order, int type) {
    Page page = Buddy.rmqueueSmallest(zone, order, type);
    if (page != null) {
      return page;
    }
    // Before page blocks change their type: what Linux would have had on its lists since boot.
    if (!zone.hasBlock(Math.max(order, Zone.PAGEBLOCK_ORDER)) && DeferredInit.growZone(zone)) {
      page = Buddy.rmqueueSmallest(zone, order, type);
    }
    if (page == null) {
      page = claim(zone, order, type);
    }
    return page == null ? steal(zone, order, type) : page;
  }

  /** fallbacks[type][i], two of each type. */
  static int fallback(int type, int i) {
    return switch (type) {
      case FreeArea.MIGRATE_UNMOVABLE ->
          i == 0 ? FreeArea.MIGRATE_RECLAIMABLE : FreeArea.MIGRATE_MOVABLE;
      case FreeArea.MIGRATE_MOVABLE ->
          i == 0 ? FreeArea.MIGRATE_RECLAIMABLE : FreeArea.MIGRATE_UNMOVABLE;
      default -> i == 0 ? FreeArea.MIGRATE_UNMOVABLE : FreeArea.MIGRATE_MOVABLE;
    };
  }

  /** find_suitable_fallback: a type that has a block of this order, or -1. */
  private static int findFallback(FreeArea area, int type) {
    if (area.nrFree() == 0) {
      return -1;
    }
    int first = fallback(type, 0);
    if (!area.freeList(first).isEmpty()) {
      return first;
    }
    int second = fallback(type, 1);
    return area.freeList(second).isEmpty() ? -1 : second;
  }

  /** __rmqueue_claim: from the largest block down, whose whole page block changes its type. */
  @Bounded(11)
  private static Page claim(Zone zone, int order, int type) {
    boolean any = type != FreeArea.MIGRATE_MOVABLE;
    for (int current = Zone.MAX_PAGE_ORDER; current >= order; current--) {
      if (!any && current < ALWAYS_CLAIM) {
        return null;
      }
      FreeArea area = zone.freeArea(current);
      int other = findFallback(area, type);
      if (other >= 0) {
        Page block = Page.ofLru(area.freeList(other).next());
        Page page = tryToClaim(zone, block, current, order, type, other);
        if (page != null) {
          return page;
        }
      }
    }
    return null;
  }

  /** try_to_claim_block. */
  @Bounded(1)
  private static Page tryToClaim(
      Zone zone, Page block, int current, int order, int type, int blockType) {
    if (current >= Zone.PAGEBLOCK_ORDER) {
      Pageblock.setMigratetypeOf(block, current, type);
      Buddy.delAndExpand(zone, block, order, current, type);
      return block;
    }
    Page start = Pageblock.start(block);
    if (start.pfn() < zone.startPfn() || start.pfn() + Pageblock.NR_PAGES > zone.endPfn()) {
      return null;
    }
    long counts = PageblockMove.count(start);
    int free = PageblockMove.free(counts);
    int movable = PageblockMove.movable(counts);
    int alike = 0;
    if (type == FreeArea.MIGRATE_MOVABLE) {
      alike = movable;
    } else if (blockType == FreeArea.MIGRATE_MOVABLE) {
      alike = Pageblock.NR_PAGES - (free + movable);
    }
    if (free + alike < Pageblock.NR_PAGES / 2) {
      return null;
    }
    PageblockMove.move(zone, start, type);
    return Buddy.rmqueueSmallest(zone, order, type);
  }

  /** __rmqueue_steal: the smallest block of another type, whose page block stays what it is. */
  @Bounded(11)
  private static Page steal(Zone zone, int order, int type) {
    for (int current = order; current < Zone.NR_PAGE_ORDERS; current++) {
      FreeArea area = zone.freeArea(current);
      int other = findFallback(area, type);
      if (other >= 0) {
        Page page = Page.ofLru(area.freeList(other).next());
        Buddy.delAndExpand(zone, page, order, current, other);
        return page;
      }
    }
    return null;
  }
}
