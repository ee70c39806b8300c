package aerostat.guest.mm;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.machine.Bounded;

/** The heart of mm/page_alloc.c: split and merge. The zone's lock is held. */
final class Buddy {
  private Buddy() {}

  // fpi_t: how a block comes back.
  static final int FPI_NONE = 0;
  static final int FPI_SKIP_REPORT_NOTIFY = 1;
  static final int FPI_TO_TAIL = 2;

  /** __rmqueue_smallest: the first block of the smallest order that will do; null if none. */
  @Bounded(11)
  static Page rmqueueSmallest(Zone zone, int order, int type) {
    for (int current = order; current < Zone.NR_PAGE_ORDERS; current++) {
      ListHead list = zone.freeArea(current).freeList(type);
      if (!list.isEmpty()) {
        Page page = Page.ofLru(list.next());
        delAndExpand(zone, page, order, current, type);
        return page;
      }
    }
    return null;
  }

  /** page_del_and_expand. */
  @Bounded(1)
  static void delAndExpand(Zone zone, Page page, int low, int high, int type) {
    del(zone, page, high);
    expand(zone, page, low, high, type);
    zone.addFreePages(-(1L << low));
  }

  /** del_page_from_free_list: it is no longer reported either (REPORT-13). */
  @Bounded(1)
  static void del(Zone zone, Page page, int order) {
    zone.freeArea(order).del(page);
    page.setType(0);
    page.setFlags(0);
  }

  /** expand (MM-04): the upper half goes to the head of its list, the lower half goes on. */
  @Bounded(10)
  private static void expand(Zone zone, Page page, int low, int high, int type) {
    for (int order = high - 1; order >= low; order--) {
      Page half = page.plus(1L << order);
      half.setType(Page.TYPE_BUDDY + order);
      zone.freeArea(order).addHead(half, type);
    }
  }

  /** {@link #freeOnePage}, and word of it to page reporting unless told otherwise (REPORT-01). */
  static void free(Zone zone, Page page, int order, int type, int fpi) {
    int merged = freeOnePage(zone, page, order, type, fpi);
    if ((fpi & FPI_SKIP_REPORT_NOTIFY) == 0) {
      PageReporting.notifyFree(merged);
    }
  }

  /**
   * __free_one_page (MM-02, MM-03): merges upward, then puts the block on its list.
   *
   * @param type the page block's migrate type
   * @return the order of the block that came of it
   */
  @Bounded(11)
  static int freeOnePage(Zone zone, Page page, int order, int type, int fpi) {
    zone.addFreePages(1L << order);
    long pfn = page.pfn();
    int at = order;
    while (at < Zone.MAX_PAGE_ORDER) {
      Page buddy = Page.ofPfn(pfn ^ (1L << at));
      if (!buddy.isBuddyOfOrder(at) || !mayMerge(buddy, at, type)) {
        break;
      }
      del(zone, buddy, at);
      pfn &= ~(1L << at);
      at++;
    }
    Page head = Page.ofPfn(pfn);
    head.setType(Page.TYPE_BUDDY + at);
    if ((fpi & FPI_TO_TAIL) != 0 || mergeLikely(pfn, at)) {
      zone.freeArea(at).addTail(head, type);
    } else {
      zone.freeArea(at).addHead(head, type);
    }
    return at;
  }

  /** MM-02: page blocks of two types become one block only if both are ordinary, and then alike. */
  private static boolean mayMerge(Page buddy, int order, int type) {
    if (order < Zone.PAGEBLOCK_ORDER) {
      return true;
    }
    int other = Pageblock.migratetype(buddy);
    if (other == type) {
      return true;
    }
    if (!FreeArea.isMergeable(type) || !FreeArea.isMergeable(other)) {
      return false;
    }
    Pageblock.setMigratetype(buddy, type);
    return true;
  }

  /** buddy_merge_likely: the buddy of the next order is free already. */
  private static boolean mergeLikely(long pfn, int order) {
    if (order >= Zone.MAX_PAGE_ORDER - 1) {
      return false;
    }
    long higher = pfn & ~(1L << order);
    return Page.ofPfn(higher ^ (1L << (order + 1))).isBuddyOfOrder(order + 1);
  }
}
