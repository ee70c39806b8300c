package aerostat.guest.mm;

import aerostat.guest.kernel.Panic;
import aerostat.guest.kernel.Preempt;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.RateLimit;
import aerostat.guest.kernel.Task;

/** __alloc_pages_slowpath: what happens when the zone is at its low watermark. */
final class PageAllocSlow {
  private PageAllocSlow() {}

  /** Orders above this may fail even with GFP_KERNEL. */
  private static final int PAGE_ALLOC_COSTLY_ORDER = 3;

  /** Rounds of reclaim without progress before the last resort. */
  private static final int MAX_RECLAIM_RETRIES = 16;

  static Page allocPages(int gfp, int order) {
    if (Zone.preferred(gfp).isMovable()) {
      // The rest of the zonelist, before anybody is woken.
      Page page = fromZone(Zone.normal(), gfp, order, Zone.normal().watermark(Zone.WMARK_LOW));
      if (page != null) {
        return page;
      }
    }
    if ((gfp & Gfp.__GFP_KSWAPD_RECLAIM) != 0) {
      Vmscan.wakeKswapd();
    }
    Page page = fromFreelist(gfp, order);
    if (page == null && (gfp & Gfp.__GFP_DIRECT_RECLAIM) != 0 && !inMemalloc()) {
      page = reclaimAndRetry(gfp, order);
    }
    if (page == null) {
      warnAlloc(gfp, order);
    }
    return page;
  }

  /** The zones that the flags allow, down to the mark that they allow. */
  private static Page fromFreelist(int gfp, int order) {
    Zone zone = Zone.preferred(gfp);
    Page page = fromZone(zone, gfp, order, mark(zone, gfp));
    if (page == null && zone.isMovable()) {
      page = fromZone(Zone.normal(), gfp, order, mark(Zone.normal(), gfp));
    }
    return page;
  }

  private static Page fromZone(Zone zone, int gfp, int order, long mark) {
    return PageAlloc.fromFreelist(
        zone, order, Gfp.migratetype(gfp), mark + zone.lowmemReserve(gfp));
  }

  /** What was just freed may sit in the CPU's lists, where no watermark counts it (MM-07). */
  private static Page drainAndRetry(int gfp, int order) {
    Page page = fromFreelist(gfp, order);
    if (page == null && PerCpuPages.count() > 0) {
      PerCpuPages.drain(Zone.normal());
      page = fromFreelist(gfp, order);
    }
    return page;
  }

  private static boolean inMemalloc() {
    return (Task.current().flags() & Task.PF_MEMALLOC) != 0;
  }

  /**
   * gfp_to_alloc_flags and __zone_watermark_ok: who may go how far below the min watermark. A hint
   * allocation has no reclaim bits and {@link Gfp#__GFP_NOMEMALLOC}: min it is (MM-09).
   */
  static long mark(Zone zone, int gfp) {
    long min = zone.watermark(Zone.WMARK_MIN);
    if ((gfp & Gfp.__GFP_NOMEMALLOC) != 0) {
      return min;
    }
    if ((gfp & Gfp.__GFP_MEMALLOC) != 0 || inMemalloc()) {
      return 0;
    }
    long mark = min;
    if ((gfp & Gfp.__GFP_HIGH) != 0) {
      mark -= mark / 2;
      if ((gfp & Gfp.__GFP_DIRECT_RECLAIM) == 0) {
        mark -= mark / 4;
      }
    }
    return mark;
  }

  private static Page reclaimAndRetry(int gfp, int order) {
    if (Preempt.mayNotSleep()) {
      Panic.panic("sleeping allocation in an atomic context");
    }
    VmStat.count(VmStat.ALLOCSTALL, 1);
    int idleRounds = 0;
    while (idleRounds < MAX_RECLAIM_RETRIES) {
      long freed = Vmscan.waitForReclaim();
      Page page = drainAndRetry(gfp, order);
      if (page != null) {
        return page;
      }
      if ((gfp & Gfp.__GFP_NORETRY) != 0) {
        return null;
      }
      idleRounds = freed == 0 ? MAX_RECLAIM_RETRIES : idleRounds + 1;
    }
    return lastResort(gfp, order);
  }

  /** __alloc_pages_may_oom: OOM notifiers; then the end, as there is no process to kill. */
  private static Page lastResort(int gfp, int order) {
    boolean mayFail = (gfp & Gfp.__GFP_RETRY_MAYFAIL) != 0 || order > PAGE_ALLOC_COSTLY_ORDER;
    while (true) {
      if (mayFail && (gfp & Gfp.__GFP_NOFAIL) == 0) {
        return null;
      }
      long freed = Vmscan.waitForOom();
      Page page = drainAndRetry(gfp, order);
      if (page != null) {
        return page;
      }
      // Notifiers sleep: there may be something to reclaim since. And to reclaim is to sleep.
      if (freed == 0 && Vmscan.waitForReclaim() == 0) {
        page = drainAndRetry(gfp, order);
        if (page == null) {
          Oom.outOfMemory(gfp, order);
        }
        return page;
      }
    }
  }

  private static void warnAlloc(int gfp, int order) {
    if ((gfp & Gfp.__GFP_NOWARN) == 0 && new RateLimit(MmData.NOPAGE_LIMIT).allows()) {
      Printk.pr(
          Printk.WARNING,
          "%s: page allocation failure: order:%d, mode:%#x\n",
          Task.current().comm().address(),
          order,
          gfp);
      Oom.showMem();
    }
  }
}
