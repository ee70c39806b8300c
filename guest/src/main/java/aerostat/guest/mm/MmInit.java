package aerostat.guest.mm;

import aerostat.guest.kernel.KernelData;
import aerostat.guest.kernel.Panic;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Bounded;

/** mm/mm_init.c: gives the free RAM to the allocator, most of it without touching it. */
public final class MmInit {
  private MmInit() {}

  /** Least RAM that the kernel boots with. */
  private static final long MIN_RAM = 8 << 20;

  /** RAM whose blocks are made at boot; the rest when it is needed. */
  private static final long EARLY_BYTES = 64 << 20;

  private static final long BLOCK_PAGES = 1L << Zone.MAX_PAGE_ORDER;

  /**
   * Lays the memmap out behind the kernel's data and fills the zone.
   *
   * @param firstFree first byte of RAM that the boot has not taken
   * @param ramEnd end of RAM
   */
  public static void init(long firstFree, long ramEnd) {
    if (ramEnd - KernelData.RAM_BASE < MIN_RAM || firstFree > KernelData.BASE) {
      Panic.panic("too little memory, or too large an image");
    }
    long startPfn = Page.BASE_PFN;
    long endPfn = ramEnd >> Page.PAGE_SHIFT;
    // To the end of the last block, so that the struct of any buddy exists.
    long lastPfn = (endPfn + BLOCK_PAGES - 1) / BLOCK_PAGES * BLOCK_PAGES;
    long memmapEnd = Page.ofPfn(lastPfn).address();
    long usemap = (lastPfn - startPfn) >> Zone.PAGEBLOCK_ORDER;
    long freePfn = (memmapEnd + usemap + Page.PAGE_SIZE - 1) >> Page.PAGE_SHIFT;
    Zone zone = Zone.normal();
    zone.init(startPfn, endPfn - startPfn);
    zone.setPresentPages(endPfn - startPfn);
    zone.setPageblockFlags(memmapEnd);
    PerCpuPages.init();
    MemInit.init();
    PageReporting.init();
    Lru.init();
    Filemap.init();
    Slab.init();
    Vmscan.init();
    Oom.init();
    freeRange(zone, firstFree >> Page.PAGE_SHIFT, KernelData.BASE >> Page.PAGE_SHIFT);
    long earlyEnd =
        Math.min((freePfn + (EARLY_BYTES >> Page.PAGE_SHIFT)) / BLOCK_PAGES * BLOCK_PAGES, endPfn);
    long deferredEnd = Math.max(endPfn / BLOCK_PAGES * BLOCK_PAGES, earlyEnd);
    if (earlyEnd == endPfn) {
      freeRange(zone, freePfn, endPfn);
    } else {
      freeRange(zone, freePfn, earlyEnd);
      freeRange(zone, deferredEnd, endPfn);
      zone.setDeferred(earlyEnd, deferredEnd);
      zone.addFreePages(deferredEnd - earlyEnd);
    }
    zone.setManagedPages(zone.freePages());
    SysInfo.setTotalRam(zone.managedPages());
    initWatermarks(zone);
    PerCpuPages.setUp(zone);
  }

  /** __free_pages_memory: the range as the largest aligned blocks, to the tails of the lists. */
  private static void freeRange(Zone zone, long from, long to) {
    MemInit.firstFree(Page.ofPfn(from), to - from);
    long pfn = from;
    while (pfn < to) {
      int order = Math.min(Long.numberOfTrailingZeros(pfn), Zone.MAX_PAGE_ORDER);
      order = Math.min(order, 63 - Long.numberOfLeadingZeros(to - pfn));
      Page page = Page.ofPfn(pfn);
      Buddy.free(zone, page, order, Pageblock.migratetype(page), Buddy.FPI_TO_TAIL);
      pfn += 1L << order;
    }
  }

  /** init_per_zone_wmark_min and __setup_per_zone_wmarks (MM-06). */
  private static void initWatermarks(Zone zone) {
    long kbytes = zone.managedPages() * 4;
    setWatermarks(zone, Math.min(Math.max(sqrt(kbytes * 16), 128), 262_144));
  }

  /** setup_per_zone_wmarks: min_free_kbytes has changed. */
  public static void setWatermarks(Zone zone, long minFreeKbytes) {
    long min = minFreeKbytes / 4;
    long scale = Params.number("watermark_scale_factor", 10);
    long gap = Math.max(min / 4, zone.managedPages() * scale / 10_000);
    zone.setWatermark(Zone.WMARK_MIN, min);
    zone.setWatermark(Zone.WMARK_LOW, min + gap);
    zone.setWatermark(Zone.WMARK_HIGH, min + 2 * gap);
  }

  /** int_sqrt. */
  @Bounded(64)
  static long sqrt(long x) {
    long root = 0;
    long rest = x;
    for (long bit = 1L << 62; bit != 0; bit >>>= 2) {
      if (rest >= root + bit) {
        rest -= root + bit;
        root = (root >>> 1) + bit;
      } else {
        root >>>= 1;
      }
    }
    return root;
  }

  /** mem_init_print_info. */
  public static void printInfo() {
    Zone zone = Zone.normal();
    Printk.pr(
        Printk.INFO,
        "Memory: %luK/%luK available (%luK reserved)\n",
        zone.freePages() * 4,
        zone.presentPages() * 4,
        (zone.presentPages() - zone.managedPages()) * 4);
  }
}
