package aerostat.guest.mm;

import aerostat.guest.kernel.Bug;
import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Panic;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Task;
import aerostat.guest.machine.Bounded;

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
    checkOrder(order);
    if ((gfp & Gfp.__GFP_NORETRY) != 0 && FailPageAlloc.should(order)) {
      return null;
    }
    Zone zone = Zone.preferred(gfp);
    Page page = fromFreelist(zone, order, Gfp.migratetype(gfp), zone.watermark(Zone.WMARK_LOW));
    if (page == null) {
      page = PageAllocSlow.allocPages(gfp, order);
    }
    if (page != null && ((gfp & Gfp.__GFP_ZERO) | MemInit.flags()) != 0) {
      MemInit.onAlloc(page, order, gfp);
    }
    return page;
  }

  private static void checkOrder(int order) {
    if (order < 0 || order > Zone.MAX_PAGE_ORDER) {
      Bug.bug("allocation of a bad order");
    }
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

  /**
   * alloc_pages_bulk, for any order: as many blocks as can be had, taken under one hold of the
   * zone's lock (what the commit message of free page hinting leaves to be done). Neither waits nor
   * reclaims; goes down to the mark that the flags allow, as one-by-one allocation does (MM-09).
   *
   * @param max blocks wanted; interrupts are disabled while they are taken
   * @param list gets the blocks at its tail, by {@link Page#lru}
   * @return blocks that were added
   */
  public static int allocPagesBulk(int gfp, int order, int max, ListHead list) {
    checkOrder(order);
    Zone zone = Zone.preferred(gfp);
    ListHead last = list.prev();
    int type = Gfp.migratetype(gfp);
    long mark = PageAllocSlow.mark(zone, gfp);
    int n = 0;
    int flags = zone.lock().lockIrqsave();
    while (n < max && zone.watermarkOk(order, mark)) {
      Page page = Rmqueue.take(zone, order, type);
      if (page == null) {
        break;
      }
      prepNewPage(page);
      list.addTail(page.lru());
      n++;
    }
    zone.lock().unlockIrqrestore(flags);
    VmStat.count(VmStat.PGALLOC, (long) n << order);
    if (((gfp & Gfp.__GFP_ZERO) | MemInit.flags()) != 0) {
      for (ListHead at = last.next(); !list.is(at); at = at.next()) {
        MemInit.onAlloc(Page.ofLru(at), order, gfp);
      }
    }
    return n;
  }

  /** __free_pages. Any context. Orders 0 to 3 and 9 stay in the CPU's lists for a while (MM-07). */
  public static void freePages(Page page, int order) {
    if (!prepareFree(page, order)) {
      return;
    }
    if (MemInit.flags() != 0) {
      MemInit.onFree(page, order);
    }
    Zone zone = Zone.of(page);
    if (PerCpuPages.allowed(zone, order)) {
      PerCpuPages.free(zone, page, order);
    } else {
      freeToZone(zone, page, order);
    }
    VmStat.count(VmStat.PGFREE, 1L << order);
  }

  private static void freeToZone(Zone zone, Page page, int order) {
    int flags = zone.lock().lockIrqsave();
    Buddy.free(zone, page, order, Pageblock.migratetype(page), Buddy.FPI_NONE);
    zone.lock().unlockIrqrestore(flags);
  }

  /** free_pages_prepare's checks; false for a page that nobody may have any more (MM-11). */
  @Bounded(1)
  private static boolean prepareFree(Page page, int order) {
    if (page.refcount() != 1 || page.type() != 0 || !aligned(page.pfn(), order)) {
      badPage(page);
    }
    if (page.isHwPoison()) {
      return false;
    }
    page.setRefcount(0);
    page.setFlags(0);
    return true;
  }

  /** __free_page. */
  public static void freePage(Page page) {
    freePages(page, 0);
  }

  /** free_pages: the block at this address; 0 does nothing. */
  public static void freePagesAt(long virtual, int order) {
    if (virtual != 0) {
      freePages(Page.ofAddress(virtual), order);
    }
  }

  /** get_page_from_freelist: null if the zone would fall to the mark, or has no such block. */
  static Page fromFreelist(Zone zone, int order, int type, long mark) {
    if (!zone.watermarkOk(order, mark)) {
      return null;
    }
    Page page = null;
    if (PerCpuPages.allowed(zone, order)) {
      page = PerCpuPages.alloc(zone, order, type);
    }
    if (page == null) {
      page = fromZone(zone, order, type);
    }
    if (page != null) {
      prepNewPage(page);
      VmStat.count(VmStat.PGALLOC, 1L << order);
    }
    return page;
  }

  /** rmqueue_buddy. */
  private static Page fromZone(Zone zone, int order, int type) {
    int flags = zone.lock().lockIrqsave();
    Page page = Rmqueue.take(zone, order, type);
    zone.lock().unlockIrqrestore(flags);
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
    DumpPage.dump(page, "bad page state");
    Panic.panic("Bad page state");
  }
}
