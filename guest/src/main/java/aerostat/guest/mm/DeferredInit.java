package aerostat.guest.mm;

/**
 * CONFIG_DEFERRED_STRUCT_PAGE_INIT (mm/mm_init.c): RAM whose pages count as free since boot and get
 * on the lists when those run dry. The zone's lock is held.
 */
final class DeferredInit {
  private DeferredInit() {}

  /** Blocks of the largest order that one growth makes: 64 MiB. */
  static final int SECTION_BLOCKS = 16;

  private static final int BLOCK_PAGES = 1 << Zone.MAX_PAGE_ORDER;

  /** deferred_grow_zone: returns whether there were any. */
  static boolean growZone(Zone zone) {
    long pfn = zone.deferredStart();
    long end = zone.deferredEnd();
    boolean any = pfn < end;
    for (int i = 0; i < SECTION_BLOCKS && pfn < end; i++) {
      Page page = Page.ofPfn(pfn);
      MemInit.firstFree(page, BLOCK_PAGES);
      zone.addFreePages(-BLOCK_PAGES);
      Buddy.free(zone, page, Zone.MAX_PAGE_ORDER, Pageblock.migratetype(page), Buddy.FPI_TO_TAIL);
      pfn += BLOCK_PAGES;
    }
    zone.setDeferred(pfn, end);
    return any;
  }
}
