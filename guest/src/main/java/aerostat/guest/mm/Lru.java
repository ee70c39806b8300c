package aerostat.guest.mm;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.machine.Memory;

/**
 * mm/swap.c and the lruvec: the active and the inactive list of file pages. All pages are clean and
 * mapped nowhere, so nothing is written back and a reference is only that of a read.
 */
final class Lru {
  private Lru() {}

  private static final long NR_INACTIVE = MmData.LRU + 32;
  private static final long NR_ACTIVE = MmData.LRU + 40;

  static void init() {
    inactive().init();
    active().init();
  }

  private static ListHead inactive() {
    return new ListHead(MmData.LRU);
  }

  private static ListHead active() {
    return new ListHead(MmData.LRU + 16);
  }

  /** NR_INACTIVE_FILE. */
  static long nrInactive() {
    return Memory.load64(NR_INACTIVE);
  }

  /** NR_ACTIVE_FILE. */
  static long nrActive() {
    return Memory.load64(NR_ACTIVE);
  }

  private static void count(boolean active, long n) {
    long at = active ? NR_ACTIVE : NR_INACTIVE;
    Memory.store64(at, Memory.load64(at) + n);
  }

  /** folio_add_lru; {@link Filemap#lock} is held, here and below. */
  static void add(Page page) {
    page.setFlags(page.flags() | Page.PG_LRU | Page.PG_UPTODATE);
    inactive().add(page.lru());
    count(false, 1);
  }

  static void del(Page page) {
    page.lru().del();
    count((page.flags() & Page.PG_ACTIVE) != 0, -1);
    page.setFlags(0);
  }

  /** folio_mark_accessed: at its second read a page becomes active. */
  static void markAccessed(Page page) {
    int flags = page.flags();
    if ((flags & Page.PG_REFERENCED) == 0) {
      page.setFlags(flags | Page.PG_REFERENCED);
    } else if ((flags & Page.PG_ACTIVE) == 0) {
      page.setFlags((flags | Page.PG_ACTIVE) & ~Page.PG_REFERENCED);
      page.lru().moveTo(active());
      count(false, -1);
      count(true, 1);
    }
  }

  /** shrink_lruvec: returns the pages freed of a share of the lists. */
  static long shrink(int priority) {
    long scan = (nrInactive() + nrActive()) >> priority;
    if (nrActive() > nrInactive()) {
      deactivate(Math.max(scan, 1));
    }
    long freed = 0;
    for (long i = 0; i < scan && !inactive().isEmpty(); i++) {
      Page page = Page.ofLru(inactive().prev());
      VmStat.count(VmStat.PGSCAN_KSWAPD, 1);
      if (Filemap.remove(page)) {
        freed++;
      } else {
        rotate(page);
      }
    }
    return freed;
  }

  /** Somebody looks at it: to the other end of the list. */
  private static void rotate(Page page) {
    int flags = Filemap.lock().lockIrqsave();
    if (page.isLru()) {
      page.lru().moveTo((page.flags() & Page.PG_ACTIVE) != 0 ? active() : inactive());
    }
    Filemap.lock().unlockIrqrestore(flags);
  }

  /** shrink_active_list: the oldest active pages become inactive. */
  private static void deactivate(long pages) {
    int flags = Filemap.lock().lockIrqsave();
    for (long i = 0; i < pages && !active().isEmpty(); i++) {
      Page page = Page.ofLru(active().prev());
      page.setFlags(page.flags() & ~(Page.PG_ACTIVE | Page.PG_REFERENCED));
      page.lru().moveTo(inactive());
      count(true, -1);
      count(false, 1);
    }
    Filemap.lock().unlockIrqrestore(flags);
  }
}
