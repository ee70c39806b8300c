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
    return Zone.normal().freePages();
  }

  /**
   * MemAvailable (si_mem_available): free pages above the high watermark, and the page cache but
   * for half of it or the low watermark, whichever is less.
   */
  public static long available() {
    Zone zone = Zone.normal();
    long cache = Lru.nrActive() + Lru.nrInactive();
    cache -= Math.min(cache / 2, zone.watermark(Zone.WMARK_LOW));
    return Math.max(freeRam() - zone.watermark(Zone.WMARK_HIGH) + cache, 0);
  }

  /** Cached: NR_FILE_PAGES. */
  public static long caches() {
    return Filemap.nrFilePages();
  }

  /** adjust_managed_page_count: MemTotal and the zone's managed pages (MM-10). */
  public static void adjustManagedPageCount(long pages) {
    Zone zone = Zone.normal();
    zone.setManagedPages(zone.managedPages() + pages);
    setTotalRam(totalRam() + pages);
  }
}
