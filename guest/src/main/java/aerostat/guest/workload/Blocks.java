package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.SysInfo;
import aerostat.guest.mm.Zone;

/**
 * A lot of memory in blocks as large as there are: +0 list of the blocks, +16 pages in all. A
 * block's order stands in its first page's private word.
 */
record Blocks(long address) {
  static final int SIZE = 24;

  private static final int PAGES = 16;
  private static final long MIN_RESERVE = 1024;

  void init() {
    list().init();
    store64(address + PAGES, 0);
  }

  private ListHead list() {
    return new ListHead(address);
  }

  /** Pages held. */
  long pages() {
    return load64(address + PAGES);
  }

  /** The block taken last. */
  Page newest() {
    return Page.ofLru(list().next());
  }

  /**
   * Takes one block of at most {@code pages} (1 or more); its pages, or 0 when only the kernel's
   * reserve is left.
   */
  long take(long pages) {
    long left = Math.min(pages, SysInfo.freeRam() - reserve());
    if (left <= 0) {
      return 0;
    }
    int order = Math.min(63 - Long.numberOfLeadingZeros(left), Zone.MAX_PAGE_ORDER);
    Page page = PageAlloc.allocPages(PageSet.GFP, order);
    while (page == null && order > 0) {
      order--;
      page = PageAlloc.allocPages(PageSet.GFP, order);
    }
    if (page == null) {
      return 0;
    }
    page.setPrivateData(order);
    list().add(page.lru());
    store64(address + PAGES, pages() + (1L << order));
    return 1L << order;
  }

  /** Pages without which the kernel could make no thread any more. */
  private static long reserve() {
    return Math.max(SysInfo.totalRam() / 64, MIN_RESERVE);
  }

  void freeAll() {
    while (!list().isEmpty()) {
      ListHead link = list().next();
      link.del();
      Page page = Page.ofLru(link);
      PageAlloc.freePages(page, (int) page.privateData());
    }
    store64(address + PAGES, 0);
  }
}
