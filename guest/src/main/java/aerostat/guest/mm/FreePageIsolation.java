package aerostat.guest.mm;

/** __isolate_free_page and __putback_isolated_page (mm/page_alloc.c). The zone's lock is held. */
final class FreePageIsolation {
  private FreePageIsolation() {}

  /**
   * Takes this block off its free list, unless the zone would then be at its min watermark
   * (REPORT-14). Until it is put back nobody can have it (REPORT-15).
   */
  static boolean isolate(Zone zone, Page page, int order) {
    long watermark = zone.watermark(Zone.WMARK_MIN) + (1L << order);
    if (!zone.watermarkOk(0, watermark)) {
      return false;
    }
    Buddy.del(zone, page, order);
    zone.addFreePages(-(1L << order));
    if (order >= Zone.PAGEBLOCK_ORDER - 1) {
      makeMovable(zone, page, order);
    }
    return true;
  }

  private static void makeMovable(Zone zone, Page page, int order) {
    for (long i = 0; i < 1L << order; i += Pageblock.NR_PAGES) {
      Page block = page.plus(i);
      int type = Pageblock.migratetype(block);
      if (type != FreeArea.MIGRATE_MOVABLE && FreeArea.isMergeable(type)) {
        // What is free of the rest of the page block goes along.
        PageblockMove.move(zone, Pageblock.start(block), FreeArea.MIGRATE_MOVABLE);
      }
    }
  }

  /** To the tail, and page reporting does not hear of it (REPORT-01, REPORT-11). */
  static void putBack(Zone zone, Page page, int order, int type) {
    Buddy.free(zone, page, order, type, Buddy.FPI_SKIP_REPORT_NOTIFY | Buddy.FPI_TO_TAIL);
  }
}
