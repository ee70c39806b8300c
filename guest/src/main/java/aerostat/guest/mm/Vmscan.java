package aerostat.guest.mm;

import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Sched;
import aerostat.guest.kernel.Task;
import aerostat.guest.kernel.WaitQueueHead;
import aerostat.guest.machine.Memory;

/**
 * mm/vmscan.c. All reclaim runs in kswapd: where Linux reclaims on the stack of the thread that
 * wants memory, that thread asks kswapd here and sleeps. So a driver's shrinker never runs under an
 * arbitrary allocation, and the allocator is no part of a cycle of calls (which would cost each
 * allocation a stack check).
 */
public final class Vmscan {
  private Vmscan() {}

  private static final int DEF_PRIORITY = 12;

  /** Runs without any effect after which kswapd stops to be woken for the watermarks' sake. */
  private static final long MAX_RECLAIM_RETRIES = 16;

  /** SWAP_CLUSTER_MAX: pages that one reclaim for a waiting thread wants to free. */
  private static final long SWAP_CLUSTER_MAX = 32;

  private static final long WANT_RECLAIM = 1;
  private static final long WANT_OOM = 2;

  /** Prepares the data; early. */
  static void init() {
    Shrinker.list().init();
    kswapdWait().init();
    reclaimWait().init();
  }

  /** Starts kswapd, when threads can be made. */
  public static void start() {
    Task task = Kthread.run(Vmscan::kswapd, 0, "kswapd0");
    Memory.store64(MmData.KSWAPD, task.address());
  }

  private static WaitQueueHead kswapdWait() {
    return new WaitQueueHead(MmData.KSWAPD_WAIT);
  }

  private static WaitQueueHead reclaimWait() {
    return new WaitQueueHead(MmData.RECLAIM_WAIT);
  }

  private static boolean running() {
    return Memory.load64(MmData.KSWAPD) != 0;
  }

  private static long failures() {
    return Memory.load64(MmData.KSWAPD_FAILURES);
  }

  private static void setFailures(long n) {
    Memory.store64(MmData.KSWAPD_FAILURES, n);
  }

  /** wakeup_kswapd: any context. In vain it runs {@link #MAX_RECLAIM_RETRIES} times, no more. */
  static void wakeKswapd() {
    if (running() && Memory.load64(MmData.KSWAPD_WOKEN) == 0 && failures() < MAX_RECLAIM_RETRIES) {
      Memory.store64(MmData.KSWAPD_WOKEN, 1);
      kswapdWait().wakeUp();
    }
  }

  /** try_to_free_pages: sleeps until kswapd has made a round; returns the pages it freed. */
  static long waitForReclaim() {
    return request(WANT_RECLAIM);
  }

  /** out_of_memory's notifiers: sleeps until kswapd has called them; returns the pages freed. */
  static long waitForOom() {
    return request(WANT_OOM);
  }

  private static long request(long what) {
    if (!running()) {
      return 0;
    }
    long wanted = Memory.load64(MmData.RECLAIM_WANTED) | what;
    Memory.store64(MmData.RECLAIM_WANTED, wanted);
    // A round that is under way began before this request, so the one after it counts.
    long done = Memory.load64(MmData.RECLAIM_DONE);
    long target = done + (Memory.load64(MmData.RECLAIM_BUSY) != 0 ? 2 : 1);
    kswapdWait().wakeUp();
    reclaimWait().prepareToWait(Task.UNINTERRUPTIBLE);
    while (Memory.load64(MmData.RECLAIM_DONE) < target) {
      Sched.schedule();
      reclaimWait().prepareToWait(Task.UNINTERRUPTIBLE);
    }
    reclaimWait().finishWait();
    return Memory.load64(MmData.RECLAIM_PROGRESS);
  }

  private static boolean workToDo() {
    return Memory.load64(MmData.RECLAIM_WANTED) != 0 || Memory.load64(MmData.KSWAPD_WOKEN) != 0;
  }

  static int kswapd(long data) {
    Task.current().setFlags(Task.current().flags() | Task.PF_MEMALLOC);
    while (!Kthread.shouldStop()) {
      kswapdWait().prepareToWait(Task.INTERRUPTIBLE);
      if (!workToDo() && !Kthread.shouldStop()) {
        Sched.schedule();
      }
      kswapdWait().finishWait();
      PerCpuPages.setReclaimActive(true);
      if (Memory.load64(MmData.KSWAPD_WOKEN) != 0) {
        balance();
        Memory.store64(MmData.KSWAPD_WOKEN, 0);
      }
      if (Memory.load64(MmData.RECLAIM_WANTED) != 0) {
        serve();
      }
      PerCpuPages.setReclaimActive(false);
    }
    return 0;
  }

  /** One round for those who wait. */
  private static void serve() {
    Memory.store64(MmData.RECLAIM_BUSY, 1);
    long wanted = Memory.load64(MmData.RECLAIM_WANTED);
    Memory.store64(MmData.RECLAIM_WANTED, 0);
    long freed = reclaim(SWAP_CLUSTER_MAX);
    VmStat.count(VmStat.PGSTEAL_DIRECT, freed);
    if (freed != 0) {
      setFailures(0);
    }
    if ((wanted & WANT_OOM) != 0 && freed == 0) {
      freed = Oom.notifyAll(0);
    }
    Memory.store64(MmData.RECLAIM_PROGRESS, freed);
    Memory.store64(MmData.RECLAIM_DONE, Memory.load64(MmData.RECLAIM_DONE) + 1);
    Memory.store64(MmData.RECLAIM_BUSY, 0);
    reclaimWait().wakeUp();
  }

  /** balance_pgdat: frees until the high watermark is reached or nothing is left to free. */
  private static void balance() {
    Zone zone = Zone.normal();
    long missing = zone.watermark(Zone.WMARK_HIGH) - zone.freePages();
    while (missing > 0) {
      long freed = reclaim(missing);
      VmStat.count(VmStat.PGSTEAL_KSWAPD, freed);
      setFailures(freed == 0 ? failures() + 1 : 0);
      // Some of it may have gone to the CPU's lists.
      missing = freed == 0 ? 0 : zone.watermark(Zone.WMARK_HIGH) - zone.freePages();
    }
  }

  private static long reclaim(long target) {
    long freed = 0;
    for (int priority = DEF_PRIORITY; priority >= 0 && freed < target; priority--) {
      freed += Lru.shrink(priority) + shrinkSlab(priority);
    }
    return freed;
  }

  /** There is something new to free: kswapd has a chance again. */
  static void resetFailures() {
    setFailures(0);
  }

  /** shrink_slab: every shrinker once. */
  static long shrinkSlab(int priority) {
    return Shrinker.shrinkAll(priority);
  }
}
