package aerostat.guest.mm;

import aerostat.guest.machine.Memory;

/** si_meminfo and what /proc/meminfo shows, in pages (mm/show_mem.c). */
public final class SysInfo {
  private SysInfo() {}

  /** MemTotal. */
  public static long totalRam() {
    return Memory.load64(MmData.TOTALRAM);
  }

  static void setTotalRam(long pages) {
    Memory.store64(MmData.TOTALRAM, pages);
  }

  /** MemFree. */
  public static long freeRam() {
    return Zone.normal().freePages() + Zone.movable().freePages();
  }

  /**
   * MemAvailable (si_mem_available): free pages above the high watermark, and the page cache but
   * for half of it or the low watermark, whichever is less.
   */
  public static long available() {
    long cache = Lru.nrActive() + Lru.nrInactive();
    cache -= Math.min(cache / 2, watermarks(Zone.WMARK_LOW));
    // totalreserve_pages
    return Math.max(freeRam() - watermarks(Zone.WMARK_HIGH) + cache, 0);
  }

  private static long watermarks(int mark) {
    return Zone.normal().watermark(mark) + Zone.movable().watermark(mark);
  }

  /** Cached: NR_FILE_PAGES. */
  public static long caches() {
    return Filemap.nrFilePages();
  }

  /** adjust_managed_page_count: MemTotal and the managed pages of the page's zone (MM-10). */
  public static void adjustManagedPageCount(Page page, long pages) {
    adjustManagedPageCount(Zone.of(page), pages);
  }

  /** The same for many pages of one zone. */
  public static void adjustManagedPageCount(Zone zone, long pages) {
    zone.setManagedPages(zone.managedPages() + pages);
    setTotalRam(totalRam() + pages);
  }
}
