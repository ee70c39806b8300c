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

  /** MemAvailable (si_mem_available): free pages above the high watermark. */
  public static long available() {
    return Math.max(freeRam() - Zone.normal().watermark(Zone.WMARK_HIGH), 0);
  }

  /** Page cache; there is none yet. */
  public static long caches() {
    return 0;
  }

  /** adjust_managed_page_count: MemTotal and the zone's managed pages (MM-10). */
  public static void adjustManagedPageCount(long pages) {
    Zone zone = Zone.normal();
    zone.setManagedPages(zone.managedPages() + pages);
    setTotalRam(totalRam() + pages);
  }
}
