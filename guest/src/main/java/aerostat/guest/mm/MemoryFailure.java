package aerostat.guest.mm;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;

/**
 * mm/memory-failure.c: soft_offline_page. A page is taken out of use before it fails: what is in it
 * moves elsewhere, and nobody gets it any more (MM-11). Of pages in use only those of a driver with
 * {@link MovableOps} can be moved.
 */
public final class MemoryFailure {
  private MemoryFailure() {}

  /** NR_MAX_MIGRATE_PAGES_RETRY. */
  private static final int MIGRATE_RETRIES = 10;

  private static final int TARGET_GFP =
      Gfp.GFP_HIGHUSER_MOVABLE | Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN;

  /** set_movable_ops for {@code PageOffline}; null when the driver goes. */
  public static void setMovableOps(MovableOps ops) {
    Memory.store64(MmData.MOVABLE_OPS, ops == null ? 0 : Ops.id(ops));
  }

  private static MovableOps movableOps() {
    return Ops.of(Memory.load64(MmData.MOVABLE_OPS));
  }

  /** num_poisoned_pages: HardwareCorrupted of /proc/meminfo. */
  public static long poisonedPages() {
    return Memory.load64(MmData.POISONED_PAGES);
  }

  @Bounded(1)
  private static void poison(Page page, long pages) {
    page.setFlags(page.flags() | Page.PG_HWPOISON);
    page.setRefcount(1);
    Memory.store64(MmData.POISONED_PAGES, poisonedPages() + pages);
  }

  /**
   * soft_offline_page. In process context, may sleep.
   *
   * @return 0, {@code -EBUSY} for a page that cannot be moved, or what the move ended with
   */
  public static int softOffline(Page page) {
    long pfn = page.pfn();
    if (page.isHwPoison()) {
      Printk.info("soft offline: %#lx: page already poisoned\n", pfn);
      return 0;
    }
    if (takeOffBuddy(page)) {
      Printk.info("Soft offlining pfn %#lx, free page\n", pfn);
      return 0;
    }
    if (!page.isOffline() || Memory.load64(MmData.MOVABLE_OPS) == 0) {
      Printk.info(
          "soft offline: %#lx: page isolation failed, page count %d\n", pfn, page.refcount());
      return -Errno.EBUSY;
    }
    int error = move(page);
    if (error != 0) {
      Printk.info("soft offline: %#lx: page migration failed %d\n", pfn, error);
      return error;
    }
    Printk.info("Soft offlining pfn %#lx, moved\n", pfn);
    return 0;
  }

  /** migrate_pages of one page; the old one is poisoned. */
  private static int move(Page page) {
    MovableOps ops = movableOps();
    int order = ops.order(page);
    // Before the page is isolated: this may sleep.
    Page target = PageAlloc.allocPages(TARGET_GFP, order);
    if (target == null) {
      return -Errno.ENOMEM;
    }
    int error = -Errno.EAGAIN;
    for (int i = 0; i < MIGRATE_RETRIES && error == -Errno.EAGAIN; i++) {
      if (!ops.isolate(page)) {
        break;
      }
      error = ops.migrate(target, page);
      if (error == -Errno.EAGAIN) {
        ops.putBack(page);
        Sched.msleep(1);
      }
    }
    if (error == 0) {
      poison(page, 1L << order);
    } else if (error == -Errno.EAGAIN) {
      PageAlloc.freePages(target, order);
    }
    return error;
  }

  /** take_page_off_buddy: of the free block that has the page all else stays free. */
  private static boolean takeOffBuddy(Page page) {
    Zone zone = Zone.of(page);
    PerCpuPages.drain(Zone.normal());
    int flags = zone.lock().lockIrqsave();
    boolean taken = false;
    for (int order = 0; order < Zone.NR_PAGE_ORDERS && !taken; order++) {
      Page head = Page.ofPfn(page.pfn() & -(1L << order));
      if (head.isBuddyOfOrder(order)) {
        Buddy.del(zone, head, order);
        breakDown(zone, head, order, page);
        zone.addFreePages(-1);
        poison(page, 1);
        taken = true;
      }
    }
    zone.lock().unlockIrqrestore(flags);
    return taken;
  }

  /** break_down_buddy_pages: the halves without the page go to the heads of their lists. */
  @Bounded(Zone.MAX_PAGE_ORDER)
  private static void breakDown(Zone zone, Page head, int order, Page page) {
    int type = Pageblock.migratetype(page);
    Page at = head;
    for (int half = order - 1; half >= 0; half--) {
      Page upper = at.plus(1L << half);
      Page rest = at;
      if (page.address() >= upper.address()) {
        at = upper;
      } else {
        rest = upper;
      }
      rest.setType(Page.TYPE_BUDDY + half);
      zone.freeArea(half).addHead(rest, type);
    }
  }
}
