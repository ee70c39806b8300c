package aerostat.guest.mm;

import aerostat.guest.machine.Bounded;

/** The heart of mm/page_alloc.c: split and merge. The zone's lock is held. */
final class Buddy {
  private Buddy() {}

  private static final int TYPE = FreeArea.MIGRATE_MOVABLE;

  /** How many blocks of the largest order one growth makes: 64 MiB. */
  static final int SECTION_BLOCKS = 16;

  /** __rmqueue_smallest: the first block of the smallest order that will do; null if none. */
  @Bounded(11)
  static Page rmqueueSmallest(Zone zone, int order) {
    for (int current = order; current < Zone.NR_PAGE_ORDERS; current++) {
      FreeArea area = zone.freeArea(current);
      if (area.nrFree() != 0) {
        Page page = Page.ofLru(area.freeList(TYPE).next());
        area.del(page);
        page.setType(0);
        expand(zone, page, order, current);
        return page;
      }
    }
    return null;
  }

  /** expand (MM-04): the upper half goes to the head of its list, the lower half goes on. */
  @Bounded(10)
  private static void expand(Zone zone, Page page, int low, int high) {
    for (int order = high - 1; order >= low; order--) {
      Page half = page.plus(1L << order);
      half.setType(Page.TYPE_BUDDY + order);
      zone.freeArea(order).addHead(half, TYPE);
    }
  }

  /** __free_one_page (MM-02, MM-03): merges upward, then puts the block on its list. */
  @Bounded(11)
  static void freeOnePage(Zone zone, Page page, int order, boolean tail) {
    long pfn = page.pfn();
    int at = order;
    while (at < Zone.MAX_PAGE_ORDER) {
      Page buddy = Page.ofPfn(pfn ^ (1L << at));
      if (!buddy.isBuddyOfOrder(at)) {
        break;
      }
      zone.freeArea(at).del(buddy);
      buddy.setType(0);
      pfn &= ~(1L << at);
      at++;
    }
    Page head = Page.ofPfn(pfn);
    head.setType(Page.TYPE_BUDDY + at);
    if (tail || mergeLikely(pfn, at)) {
      zone.freeArea(at).addTail(head, TYPE);
    } else {
      zone.freeArea(at).addHead(head, TYPE);
    }
  }

  /** buddy_merge_likely: the buddy of the next order is free already. */
  private static boolean mergeLikely(long pfn, int order) {
    if (order >= Zone.MAX_PAGE_ORDER - 1) {
      return false;
    }
    long higher = pfn & ~(1L << order);
    return Page.ofPfn(higher ^ (1L << (order + 1))).isBuddyOfOrder(order + 1);
  }

  /**
   * deferred_grow_zone: makes blocks of RAM whose pages were counted as free at boot but are on no
   * list yet. Returns whether there were any.
   */
  @Bounded(SECTION_BLOCKS)
  static boolean grow(Zone zone) {
    long pfn = zone.deferredStart();
    long end = zone.deferredEnd();
    boolean any = pfn < end;
    for (int i = 0; i < SECTION_BLOCKS && pfn < end; i++) {
      freeOnePage(zone, Page.ofPfn(pfn), Zone.MAX_PAGE_ORDER, true);
      pfn += 1L << Zone.MAX_PAGE_ORDER;
    }
    zone.setDeferred(pfn, end);
    return any;
  }
}
