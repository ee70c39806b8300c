package aerostat.guest.mm;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/**
 * pageblock-flags.h: the migrate type of each 2 MiB of the zone, a byte each, behind the memmap.
 * The bytes hold the difference to MOVABLE, which all blocks are at boot, so that they begin as
 * zeros.
 */
final class Pageblock {
  private Pageblock() {}

  /** pageblock_nr_pages. */
  static final int NR_PAGES = 1 << Zone.PAGEBLOCK_ORDER;

  private static final long PFN_MASK = -NR_PAGES;

  private static long flags(Page page) {
    return Zone.normal().pageblockFlags() + ((page.pfn() - Page.BASE_PFN) >> Zone.PAGEBLOCK_ORDER);
  }

  /** get_pageblock_migratetype. */
  static int migratetype(Page page) {
    return Memory.load8(flags(page)) ^ FreeArea.MIGRATE_MOVABLE;
  }

  /** set_pageblock_migratetype. */
  static void setMigratetype(Page page, int type) {
    Memory.store8(flags(page), type ^ FreeArea.MIGRATE_MOVABLE);
  }

  /** change_pageblock_range: all blocks of a free block of this order, at least one. */
  @Bounded(2)
  static void setMigratetypeOf(Page page, int order, int type) {
    long n = Math.max((1 << order) >> Zone.PAGEBLOCK_ORDER, 1);
    for (long i = 0; i < n; i++) {
      setMigratetype(page.plus(i * NR_PAGES), type);
    }
  }

  /** The first page of the block that holds this page. */
  static Page start(Page page) {
    return Page.ofPfn(page.pfn() & PFN_MASK);
  }
}
