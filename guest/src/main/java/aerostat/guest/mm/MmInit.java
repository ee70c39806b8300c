package aerostat.guest.mm;

import aerostat.guest.kernel.KernelData;
import aerostat.guest.kernel.Panic;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/** mm/mm_init.c: gives the free RAM to the allocator, most of it without touching it. */
public final class MmInit {
  private MmInit() {}

  /** Least RAM that the kernel boots with. */
  private static final long MIN_RAM = 8 << 20;

  private static final long SWAP_CLUSTER_MAX = 32;

  /** Most pages below which ZONE_MOVABLE is not to fall. */
  private static final long MOST_MOVABLE_MIN = 128;

  /** RAM whose blocks are made at boot; the rest when it is needed. */
  private static final long EARLY_BYTES = 64 << 20;

  /** RAM that ZONE_MOVABLE leaves to the kernel. */
  private static final long MIN_NORMAL = 8 << 20;

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
    long movablePfn = movableStart(freePfn, endPfn);
    Zone zone = Zone.normal();
    initZone(zone, startPfn, movablePfn);
    initZone(Zone.movable(), movablePfn, endPfn);
    Memory.store64(MmData.MOVABLE_START, Page.ofPfn(movablePfn).address());
    zone.setPageblockFlags(memmapEnd);
    PerCpuPages.init();
    MemInit.init();
    FailPageAlloc.init();
    PageReporting.init();
    Lru.init();
    Filemap.init();
    Slab.init();
    Vmscan.init();
    Oom.init();
    freeRange(zone, firstFree >> Page.PAGE_SHIFT, KernelData.BASE >> Page.PAGE_SHIFT);
    freeZone(zone, freePfn, movablePfn);
    freeZone(Zone.movable(), movablePfn, endPfn);
    zone.setManagedPages(zone.freePages());
    Zone.movable().setManagedPages(Zone.movable().freePages());
    SysInfo.setTotalRam(zone.managedPages() + Zone.movable().managedPages());
    initWatermarks(zone);
    PerCpuPages.setUp(zone);
  }

  private static void initZone(Zone zone, long startPfn, long endPfn) {
    zone.init(startPfn, endPfn - startPfn);
    zone.setPresentPages(endPfn - startPfn);
  }

  /**
   * find_zone_movable_pfns_for_nodes: with {@code movablecore=BYTES} that much at the end of RAM,
   * in whole blocks, is ZONE_MOVABLE, as long as {@link #MIN_NORMAL} stay.
   */
  private static long movableStart(long freePfn, long endPfn) {
    long bytes = Params.number("movablecore", 0);
    if (bytes <= 0) {
      return endPfn;
    }
    long wanted = endPfn - ((bytes + Page.PAGE_SIZE - 1) >> Page.PAGE_SHIFT);
    long least = freePfn + (MIN_NORMAL >> Page.PAGE_SHIFT);
    long start = (Math.max(wanted, least) + BLOCK_PAGES - 1) / BLOCK_PAGES * BLOCK_PAGES;
    return Math.min(start, endPfn);
  }

  /** The first of it is made into blocks; the rest is free, and becomes blocks when needed. */
  private static void freeZone(Zone zone, long startPfn, long endPfn) {
    long earlyEnd =
        Math.min((startPfn + (EARLY_BYTES >> Page.PAGE_SHIFT)) / BLOCK_PAGES * BLOCK_PAGES, endPfn);
    long deferredEnd = Math.max(endPfn / BLOCK_PAGES * BLOCK_PAGES, earlyEnd);
    if (earlyEnd == endPfn) {
      freeRange(zone, startPfn, endPfn);
    } else {
      freeRange(zone, startPfn, earlyEnd);
      freeRange(zone, deferredEnd, endPfn);
      zone.setDeferred(earlyEnd, deferredEnd);
      zone.addFreePages(deferredEnd - earlyEnd);
    }
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
    setMarks(zone, minFreeKbytes / 4);
    // Nobody depends on ZONE_MOVABLE: a little is kept there for those who free memory.
    Zone movable = Zone.movable();
    long little = movable.managedPages() / 1024;
    little = Math.min(Math.max(little, SWAP_CLUSTER_MAX), MOST_MOVABLE_MIN);
    setMarks(movable, movable.isPopulated() ? little : 0);
  }

  private static void setMarks(Zone zone, long min) {
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
    long present = Zone.normal().presentPages() + Zone.movable().presentPages();
    Printk.pr(
        Printk.INFO,
        "Memory: %luK/%luK available (%luK reserved)\n",
        SysInfo.freeRam() * 4,
        present * 4,
        (present - SysInfo.totalRam()) * 4);
  }
}
