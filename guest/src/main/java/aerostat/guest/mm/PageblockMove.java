package aerostat.guest.mm;

import aerostat.guest.machine.Bounded;

/** move_freepages_block of mm/page_alloc.c: a page block changes its type. Zone lock held. */
final class PageblockMove {
  private PageblockMove() {}

  private static final int MOVABLE_SHIFT = 32;

  /** prep_move_freepages_block: free and movable pages of the page block, in one number. */
  @Bounded(Pageblock.NR_PAGES)
  static long count(Page start) {
    long counts = 0;
    int i = 0;
    while (i < Pageblock.NR_PAGES) {
      Page page = start.plus(i);
      if (page.isBuddy()) {
        counts += 1L << page.order();
        i += 1 << page.order();
      } else {
        if (page.isLru()) {
          counts += 1L << MOVABLE_SHIFT;
        }
        i++;
      }
    }
    return counts;
  }

  static int free(long counts) {
    return (int) counts;
  }

  static int movable(long counts) {
    return (int) (counts >>> MOVABLE_SHIFT);
  }

  /**
   * __move_freepages_block: the free blocks go to the tails of the new type's lists. They are not
   * reported any more (REPORT-13).
   */
  @Bounded(Pageblock.NR_PAGES)
  static void move(Zone zone, Page start, int type) {
    Pageblock.setMigratetype(start, type);
    int i = 0;
    while (i < Pageblock.NR_PAGES) {
      Page page = start.plus(i);
      if (page.isBuddy()) {
        int order = page.order();
        Buddy.del(zone, page, order);
        page.setType(Page.TYPE_BUDDY + order);
        zone.freeArea(order).addTail(page, type);
        i += 1 << order;
      } else {
        i++;
      }
    }
  }
}
