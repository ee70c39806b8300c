package aerostat.guest.mm;

import aerostat.guest.kernel.Bug;
import aerostat.guest.kernel.Panic;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Task;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/** mm/page_alloc.c: the interface and the fast paths of the page allocator. */
public final class PageAlloc {
  private PageAlloc() {}

  /**
   * alloc_pages: a block of 2^order pages, naturally aligned; null when there is none. Content is
   * undefined without {@link Gfp#__GFP_ZERO}. With {@link Gfp#__GFP_DIRECT_RECLAIM} it may sleep.
   *
   * @param order 0 to {@link Zone#MAX_PAGE_ORDER}
   */
  public static Page allocPages(int gfp, int order) {
    Zone zone = Zone.normal();
    if (order < 0 || order > Zone.MAX_PAGE_ORDER) {
      Bug.bug("allocation of a bad order");
    }
    Page page = fromFreelist(zone, order, zone.watermark(Zone.WMARK_LOW));
    if (page == null) {
      page = PageAllocSlow.allocPages(zone, gfp, order);
    }
    if (page != null && (gfp & Gfp.__GFP_ZERO) != 0) {
      Memory.fill(page.virtual(), (long) Page.PAGE_SIZE << order, 0);
    }
    return page;
  }

  /** alloc_page: one page, or null. */
  public static Page allocPage(int gfp) {
    return allocPages(gfp, 0);
  }

  /** __get_free_pages: the address of the block, or 0. */
  public static long getFreePages(int gfp, int order) {
    Page page = allocPages(gfp, order);
    return page == null ? 0 : page.virtual();
  }

  /** __free_pages. Any context. */
  @Bounded(1)
  public static void freePages(Page page, int order) {
    if (page.refcount() != 1 || page.type() != 0 || !aligned(page.pfn(), order)) {
      badPage(page);
    }
    page.setRefcount(0);
    page.setFlags(0);
    Zone zone = Zone.normal();
    int flags = zone.lock().lockIrqsave();
    Buddy.freeOnePage(zone, page, order, false);
    zone.addFreePages(1L << order);
    zone.lock().unlockIrqrestore(flags);
    VmStat.count(VmStat.PGFREE, 1L << order);
  }

  /** __free_page. */
  @Bounded(1)
  public static void freePage(Page page) {
    freePages(page, 0);
  }

  /** free_pages: the block at this address; 0 does nothing. */
  @Bounded(1)
  public static void freePagesAt(long virtual, int order) {
    if (virtual != 0) {
      freePages(Page.ofAddress(virtual), order);
    }
  }

  /** get_page_from_freelist: null if the zone would fall to the mark, or has no such block. */
  @Bounded(1)
  static Page fromFreelist(Zone zone, int order, long mark) {
    if (!zone.watermarkOk(order, mark)) {
      return null;
    }
    int flags = zone.lock().lockIrqsave();
    Page page = Buddy.rmqueueSmallest(zone, order);
    if (page == null && Buddy.grow(zone)) {
      page = Buddy.rmqueueSmallest(zone, order);
    }
    if (page != null) {
      zone.addFreePages(-(1L << order));
    }
    zone.lock().unlockIrqrestore(flags);
    if (page != null) {
      prepNewPage(page);
      VmStat.count(VmStat.PGALLOC, 1L << order);
    }
    return page;
  }

  @Bounded(1)
  private static void prepNewPage(Page page) {
    if (page.refcount() != 0) {
      badPage(page);
    }
    page.setRefcount(1);
    page.setPrivateData(0);
  }

  private static boolean aligned(long pfn, int order) {
    return (pfn & ((1L << order) - 1)) == 0;
  }

  /** bad_page: a page was freed twice, or is still in use, or never was the allocator's. */
  @Bounded(1)
  private static void badPage(Page page) {
    Task task = Task.current();
    Printk.pr(
        Printk.ALERT,
        "BUG: Bad page state in process %s  pfn:%05lx\n",
        task.address() == 0 ? 0 : task.comm().address(),
        page.pfn());
    Printk.pr(
        Printk.ALERT,
        "page: refcount:%d flags:%#x type:%#lx order:%d\n",
        page.refcount(),
        page.flags(),
        page.type() >>> 32,
        page.order());
    Panic.panic("Bad page state");
  }
}
