package aerostat.guest.balloon;

import static aerostat.guest.machine.Memory.store32;

import aerostat.guest.kernel.Bug;
import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Sched;
import aerostat.guest.kernel.WaitCondition;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.machine.Bounded;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.SysInfo;
import aerostat.guest.mm.VmStat;
import aerostat.guest.mm.Zone;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;

/** Inflating and deflating: fill_balloon, leak_balloon and what calls them (CLASSIC-01 to -15). */
public final class Inflate {
  private Inflate() {}

  /** CLASSIC-05: may reclaim, must not insist, warn or dip into reserves. */
  private static final int BALLOON_GFP =
      Gfp.GFP_HIGHUSER_MOVABLE | Gfp.__GFP_NOMEMALLOC | Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN;

  /** Balloon pages to go, below 0: to give back (CLASSIC-01). */
  public static long towardsTarget(Balloon vb) {
    long target = Integer.toUnsignedLong(vb.device().configRead32(BalloonIds.CONFIG_NUM_PAGES));
    long p = vb.pagesPerPage();
    return vb.variant().target(vb, (target + p - 1) / p * p) - vb.numPages();
  }

  /** update_balloon_size: tells the device what we hold. */
  public static void updateActual(Balloon vb) {
    vb.device().configWrite32(BalloonIds.CONFIG_ACTUAL, (int) vb.numPages());
  }

  /** update_balloon_size_func: one round, then again if it is not there yet (CLASSIC-03, -04). */
  static void sizeWork(WorkStruct work) {
    Balloon vb = Balloon.ofSizeWork(work);
    BalloonWakeup.process(vb, BalloonWakeup.ADJUST);
    if (!round(vb)) {
      BalloonWakeup.finish(vb, BalloonWakeup.ADJUST);
    }
  }

  /** Returns whether there will be another one. */
  private static boolean round(Balloon vb) {
    long diff = towardsTarget(vb);
    if (diff == 0 || isBroken(vb)) {
      return false;
    }
    if (diff > 0) {
      diff -= fill(vb, diff);
    } else {
      diff += leak(vb, -diff);
    }
    updateActual(vb);
    boolean again = diff != 0 && !isBroken(vb) && !vb.isStopped();
    if (again) {
      var unused = Workqueue.systemFreezable().queueWork(vb.sizeWork());
    }
    return again;
  }

  /** With a broken queue a round would only spin. */
  private static boolean isBroken(Balloon vb) {
    return vb.inflateQueue().isBroken() || vb.deflateQueue().isBroken();
  }

  /** fill_balloon: returns the balloon pages put in (CLASSIC-05, CLASSIC-06). */
  static long fill(Balloon vb, long num) {
    long wanted = Math.min(num, BalloonIds.PFNS_MAX);
    allocate(vb, wanted);
    vb.lock().lock();
    enqueueAll(vb);
    long filled = vb.numPfns();
    if (filled != 0) {
      var unused = tellHost(vb, vb.inflateQueue());
    }
    vb.lock().unlock();
    return filled;
  }

  /** Outside the mutex, so that a deflate for want of memory can run meanwhile. */
  private static void allocate(Balloon vb, long wanted) {
    int order = vb.pageOrder();
    for (long got = 0; got < wanted; got += 1L << order) {
      Page page = PageAlloc.allocPages(BALLOON_GFP, order);
      if (page == null) {
        if (vb.puffLimit().allows()) {
          Printk.info(
              "virtio_balloon virtio%d: Out of puff! Can't get %u pages\n",
              vb.device().index(), vb.pagesPerPage());
        }
        Sched.msleep(BalloonIds.RETRY_MS);
        return;
      }
      vb.fillList().add(page.lru());
    }
  }

  /**
   * The allocated pages go into the balloon, their numbers into the array: {@link #enqueue} and
   * {@link #addPfns} of each, but what is counted is counted once.
   */
  private static void enqueueAll(Balloon vb) {
    ListHead from = vb.fillList();
    ListHead pages = vb.pages();
    int order = vb.pageOrder();
    long at = vb.pfns();
    long n = 0;
    long movable = 0;
    while (!from.isEmpty()) {
      ListHead link = from.next();
      link.moveTo(pages);
      Page page = Page.ofLru(link);
      page.setOffline();
      page.setPrivateData(vb.address());
      movable += Zone.of(page).isMovable() ? 1 : 0;
      at = putPfns(at, page, order);
      n++;
    }
    vb.setNumPfns((int) n << order);
    vb.addNumPages(n << order);
    VmStat.count(VmStat.BALLOON_INFLATE, n);
    account(vb, -(n - movable) << order, -movable << order);
  }

  /** CLASSIC-12. */
  private static void account(Balloon vb, long normal, long movable) {
    if (!vb.device().hasFeature(BalloonIds.F_DEFLATE_ON_OOM)) {
      SysInfo.adjustManagedPageCount(Zone.normal(), normal);
      SysInfo.adjustManagedPageCount(Zone.movable(), movable);
    }
  }

  /** balloon_page_enqueue. */
  static void enqueue(Balloon vb, Page page, int event) {
    page.setOffline();
    page.setPrivateData(vb.address());
    vb.pages().add(page.lru());
    VmStat.count(event, 1);
    vb.addNumPages(vb.pagesPerPage());
    if (!vb.device().hasFeature(BalloonIds.F_DEFLATE_ON_OOM)) {
      SysInfo.adjustManagedPageCount(page, -vb.pagesPerPage()); // CLASSIC-12
    }
  }

  /** set_page_pfns: the page's numbers for the device. */
  static void addPfns(Balloon vb, Page page) {
    var unused = putPfns(vb.pfns() + 4L * vb.numPfns(), page, vb.pageOrder());
    vb.setNumPfns(vb.numPfns() + vb.pagesPerPage());
  }

  /** Returns where the next page's numbers go. */
  @Bounded(BalloonIds.PFNS_MAX)
  private static long putPfns(long at, Page page, int order) {
    long end = at + (4L << order);
    long pfn = page.virtual() >> BalloonIds.PFN_SHIFT;
    for (long to = at; to < end; to += 4) {
      store32(to, (int) pfn++);
    }
    return end;
  }

  /** leak_balloon: returns the balloon pages taken out and freed (CLASSIC-07, CLASSIC-08). */
  public static long leak(Balloon vb, long num) {
    vb.lock().lock();
    long wanted = Math.min(Math.min(num, BalloonIds.PFNS_MAX), vb.numPages());
    dequeue(vb, wanted);
    long freed = vb.numPfns();
    if (freed != 0) {
      if (tellHost(vb, vb.deflateQueue())) {
        release(vb);
      } else {
        takeBack(vb);
        freed = 0;
      }
    }
    vb.lock().unlock();
    return freed;
  }

  /** balloon_page_dequeue, of so many balloon pages; their numbers go into the array. */
  private static void dequeue(Balloon vb, long wanted) {
    ListHead pages = vb.pages();
    ListHead to = vb.leakList();
    int order = vb.pageOrder();
    long at = vb.pfns();
    long n = 0;
    while (n << order < wanted) {
      if (pages.isEmpty()) {
        // CLASSIC-15: legal only while pages are isolated; else the count is wrong.
        Bug.on(vb.isolated() == 0, "balloon has lost a page");
        break;
      }
      ListHead link = pages.next();
      link.moveTo(to);
      Page page = Page.ofLru(link);
      page.clearOffline(); // nobody may move it from here on
      at = putPfns(at, page, order);
      n++;
    }
    vb.setNumPfns((int) n << order);
    vb.addNumPages(-n << order);
  }

  /** release_pages_balloon: only once the device has acknowledged. */
  private static void release(Balloon vb) {
    ListHead from = vb.leakList();
    int order = vb.pageOrder();
    long n = 0;
    long movable = 0;
    while (!from.isEmpty()) {
      ListHead link = from.next();
      link.del();
      Page page = Page.ofLru(link);
      page.clearOffline();
      movable += Zone.of(page).isMovable() ? 1 : 0;
      n++;
      PageAlloc.freePages(page, order);
    }
    VmStat.count(VmStat.BALLOON_DEFLATE, n);
    account(vb, n - movable << order, movable << order);
  }

  /** After a reset the device owns none of the pages that it did not let go of before. */
  static void releaseHeld(Balloon vb) {
    vb.leakList().spliceInit(vb.pages());
    vb.addNumPages(-vb.numPages());
    release(vb);
  }

  /** The device is gone or broken: it may still think that it owns the pages, so they stay. */
  private static void takeBack(Balloon vb) {
    while (!vb.leakList().isEmpty()) {
      ListHead link = vb.leakList().next();
      Page.ofLru(link).setOffline();
      link.moveTo(vb.pages());
      vb.addNumPages(vb.pagesPerPage());
    }
  }

  /** The page numbers that are collected, in the variant's form. */
  private static boolean tellHost(Balloon vb, Virtqueue q) {
    return vb.variant().tellHost(vb, q);
  }

  /**
   * tell_host: one buffer, then sleep until it is used, whatever its used length (CLASSIC-10).
   * False if the device did not acknowledge, because the queue does not take the buffer
   * (CLASSIC-11) or broke.
   *
   * @param q a queue that wakes {@link Balloon#acked}
   */
  public static boolean tell(Balloon vb, Virtqueue q, long start, int length) {
    int error = VirtioRing.addOutbuf(q, start, length, vb.address());
    if (error != 0) {
      if (vb.errorLimit().allows()) {
        Printk.warn(
            "virtio_balloon virtio%d: %s: cannot add buffer, err = %d\n",
            vb.device().index(), q.name(), error);
      }
      return false;
    }
    var unused = VirtioRing.kick(q);
    vb.acked().waitEvent(new Used(), q.address());
    return !q.isBroken();
  }

  /** The queue has a used buffer, or will never have one. */
  record Used() implements WaitCondition {
    @Override
    public boolean test(long data) {
      Virtqueue q = new Virtqueue(data);
      return VirtioRing.getBuf(q) != 0 || q.isBroken();
    }
  }
}
