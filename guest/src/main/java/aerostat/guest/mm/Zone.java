package aerostat.guest.mm;

import aerostat.guest.kernel.SpinLock;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/**
 * struct zone. There is NORMAL, and with {@code movablecore=} at the end of RAM MOVABLE, where only
 * pages are that can be moved.
 */
public record Zone(long address) {
  /** Orders 0 to 10. */
  public static final int NR_PAGE_ORDERS = 11;

  /** Largest order: 4 MiB. */
  public static final int MAX_PAGE_ORDER = 10;

  /** pageblock_order: 2 MiB. */
  public static final int PAGEBLOCK_ORDER = 9;

  // Watermarks.
  public static final int WMARK_MIN = 0;
  public static final int WMARK_LOW = 1;
  public static final int WMARK_HIGH = 2;

  private static final int LOCK = 0;
  private static final int FREE_PAGES = 8;
  private static final int WATERMARK = 16;
  private static final int START_PFN = 40;
  private static final int SPANNED = 48;
  private static final int PRESENT = 56;
  private static final int MANAGED = 64;
  private static final int DEFERRED_START = 72;
  private static final int DEFERRED_END = 80;
  private static final int PAGEBLOCK_FLAGS = 88;
  private static final int FREE_AREA = 128;

  /** ZONE_NORMAL. */
  public static Zone normal() {
    return new Zone(MmData.ZONE);
  }

  /** ZONE_MOVABLE; empty unless the command line asks for it. */
  public static Zone movable() {
    return new Zone(MmData.ZONE_MOVABLE);
  }

  /** for_each_populated_zone: the zone after this one, null after the last. */
  @Bounded(1)
  public Zone next() {
    return isMovable() || !movable().isPopulated() ? null : movable();
  }

  /** page_zone. */
  @Bounded(1)
  public static Zone of(Page page) {
    return page.address() < Memory.load64(MmData.MOVABLE_START) ? normal() : movable();
  }

  /** The first of the zones that such an allocation may use; {@link #normal} is the other. */
  @Bounded(1)
  static Zone preferred(int gfp) {
    return (gfp & Gfp.__GFP_MOVABLE) != 0 && movable().isPopulated() ? movable() : normal();
  }

  @Bounded(1)
  public boolean isMovable() {
    return address == MmData.ZONE_MOVABLE;
  }

  /** populated_zone. */
  @Bounded(1)
  boolean isPopulated() {
    return presentPages() != 0;
  }

  /** zone_names. */
  String name() {
    return isMovable() ? "Movable" : "Normal";
  }

  /** One part in so many of ZONE_MOVABLE is kept free here from those who may go there. */
  private static final int LOWMEM_RESERVE_RATIO = 32;

  /**
   * lowmem_reserve (MM-05): pages that stay for allocations that have nowhere else to go, when this
   * is not the zone that {@code gfp} prefers.
   */
  @Bounded(1)
  long lowmemReserve(int gfp) {
    return preferred(gfp).address() == address
        ? 0
        : movable().managedPages() / LOWMEM_RESERVE_RATIO;
  }

  void init(long startPfn, long spanned) {
    lock().init();
    Memory.store64(address + START_PFN, startPfn);
    Memory.store64(address + SPANNED, spanned);
    for (int order = 0; order < NR_PAGE_ORDERS; order++) {
      freeArea(order).init();
    }
  }

  /** zone->lock: held while the free lists change. */
  public SpinLock lock() {
    return new SpinLock(address + LOCK);
  }

  /** Takes the locks of all zones; returns what {@link #unlockAll} wants. */
  public static int lockAll() {
    int flags = normal().lock().lockIrqsave();
    if (movable().isPopulated()) {
      movable().lock().lock();
    }
    return flags;
  }

  public static void unlockAll(int flags) {
    if (movable().isPopulated()) {
      movable().lock().unlock();
    }
    normal().lock().unlockIrqrestore(flags);
  }

  /** NR_FREE_PAGES: pages in free blocks, those included whose blocks are not made yet. */
  public long freePages() {
    return Memory.load64(address + FREE_PAGES);
  }

  void addFreePages(long n) {
    Memory.store64(address + FREE_PAGES, freePages() + n);
  }

  /** {@link #WMARK_MIN} to {@link #WMARK_HIGH}, pages. */
  public long watermark(int mark) {
    return Memory.load64(address + WATERMARK + mark * 8L);
  }

  void setWatermark(int mark, long pages) {
    Memory.store64(address + WATERMARK + mark * 8L, pages);
  }

  /** First pfn. */
  public long startPfn() {
    return Memory.load64(address + START_PFN);
  }

  /** Pages from the first to the last. */
  public long spannedPages() {
    return Memory.load64(address + SPANNED);
  }

  /** Pages of RAM. */
  public long presentPages() {
    return Memory.load64(address + PRESENT);
  }

  void setPresentPages(long pages) {
    Memory.store64(address + PRESENT, pages);
  }

  /** Pages that the allocator has to give, the balloon's not counted (MM-10). */
  public long managedPages() {
    return Memory.load64(address + MANAGED);
  }

  void setManagedPages(long pages) {
    Memory.store64(address + MANAGED, pages);
  }

  long endPfn() {
    return startPfn() + spannedPages();
  }

  /** A byte for each page block of the zone. */
  long pageblockFlags() {
    return Memory.load64(address + PAGEBLOCK_FLAGS);
  }

  void setPageblockFlags(long at) {
    Memory.store64(address + PAGEBLOCK_FLAGS, at);
  }

  long deferredStart() {
    return Memory.load64(address + DEFERRED_START);
  }

  long deferredEnd() {
    return Memory.load64(address + DEFERRED_END);
  }

  void setDeferred(long startPfn, long endPfn) {
    Memory.store64(address + DEFERRED_START, startPfn);
    Memory.store64(address + DEFERRED_END, endPfn);
  }

  /** free_area[order]. */
  public FreeArea freeArea(int order) {
    return new FreeArea(address + FREE_AREA + (long) order * FreeArea.SIZE);
  }

  /**
   * zone_watermark_ok (MM-05): whether the zone stays above {@code mark} pages when 2^order are
   * taken, and has such a block. The reserve of {@link #lowmemReserve} is the caller's to add;
   * there are no page blocks of HIGHATOMIC or CMA.
   */
  boolean watermarkOk(int order, long mark) {
    if (freePages() - ((1L << order) - 1) <= mark) {
      return false;
    }
    return order == 0 || hasBlock(order) || deferredStart() < deferredEnd();
  }

  /** Whether a free list has a block of at least this order. */
  @Bounded(NR_PAGE_ORDERS)
  boolean hasBlock(int order) {
    for (int at = order; at < NR_PAGE_ORDERS; at++) {
      if (freeArea(at).nrFree() != 0) {
        return true;
      }
    }
    return false;
  }
}
