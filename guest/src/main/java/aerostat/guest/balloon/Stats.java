package aerostat.guest.balloon;

import static aerostat.guest.machine.Memory.store16;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.SysInfo;
import aerostat.guest.mm.VmStat;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;

/** Memory statistics on a queue that runs backwards (STATS-01 to STATS-03, UAPI-16, UAPI-17). */
public final class Stats {
  private Stats() {}

  private static final int TAG_SWAP_IN = 0;
  private static final int TAG_SWAP_OUT = 1;
  private static final int TAG_MAJFLT = 2;
  private static final int TAG_MINFLT = 3;
  private static final int TAG_MEMFREE = 4;
  private static final int TAG_MEMTOT = 5;
  private static final int TAG_AVAIL = 6;
  private static final int TAG_CACHES = 7;
  private static final int TAG_HTLB_PGALLOC = 8;
  private static final int TAG_HTLB_PGFAIL = 9;
  private static final int TAG_OOM_KILL = 10;
  private static final int TAG_ALLOC_STALL = 11;
  private static final int TAG_ASYNC_SCAN = 12;
  private static final int TAG_DIRECT_SCAN = 13;
  private static final int TAG_ASYNC_RECLAIM = 14;
  private static final int TAG_DIRECT_RECLAIM = 15;
  private static final int TAGS = 16;

  /** Bytes of an entry: 16-bit tag, 64-bit value, packed. */
  private static final int ENTRY = 10;

  /** Bytes of the buffer. */
  static final int MAX_BYTES = TAGS * ENTRY;

  private static int put(Balloon vb, int n, int tag, long value) {
    long entry = vb.stats() + (long) n * ENTRY;
    store16(entry, tag);
    store64(entry + 2, value);
    return n + 1;
  }

  private static long bytes(long pages) {
    return pages << Page.PAGE_SHIFT;
  }

  private static int putPages(Balloon vb, int n, int tag, int event) {
    return put(vb, n, tag, bytes(VmStat.event(event)));
  }

  private static int putCount(Balloon vb, int n, int tag, int event) {
    return put(vb, n, tag, VmStat.event(event));
  }

  /** update_balloon_stats: fills the buffer, returns its bytes (UAPI-17). */
  private static int update(Balloon vb) {
    int n = 0;
    n = putPages(vb, n, TAG_SWAP_IN, VmStat.PSWPIN);
    n = putPages(vb, n, TAG_SWAP_OUT, VmStat.PSWPOUT);
    n = putCount(vb, n, TAG_MAJFLT, VmStat.PGMAJFAULT);
    n = putCount(vb, n, TAG_MINFLT, VmStat.PGFAULT);
    n = putCount(vb, n, TAG_OOM_KILL, VmStat.OOM_KILL);
    n = putCount(vb, n, TAG_ALLOC_STALL, VmStat.ALLOCSTALL);
    n = putPages(vb, n, TAG_ASYNC_SCAN, VmStat.PGSCAN_KSWAPD);
    n = putPages(vb, n, TAG_DIRECT_SCAN, VmStat.PGSCAN_DIRECT);
    n = putPages(vb, n, TAG_ASYNC_RECLAIM, VmStat.PGSTEAL_KSWAPD);
    n = putPages(vb, n, TAG_DIRECT_RECLAIM, VmStat.PGSTEAL_DIRECT);
    n = putCount(vb, n, TAG_HTLB_PGALLOC, VmStat.HTLB_BUDDY_PGALLOC);
    n = putCount(vb, n, TAG_HTLB_PGFAIL, VmStat.HTLB_BUDDY_PGALLOC_FAIL);
    n = put(vb, n, TAG_MEMFREE, bytes(SysInfo.freeRam()));
    n = put(vb, n, TAG_MEMTOT, bytes(SysInfo.totalRam()));
    n = put(vb, n, TAG_AVAIL, bytes(SysInfo.available()));
    n = put(vb, n, TAG_CACHES, bytes(SysInfo.caches()));
    return n * ENTRY;
  }

  /**
   * The first buffer, filled, before DRIVER_OK. The device is told of it only after DRIVER_OK
   * (BASE-DRV-29); Linux kicks at once.
   */
  static int prime(Balloon vb) {
    return VirtioRing.addOutbuf(vb.statsQueue(), vb.stats(), update(vb), vb.address());
  }

  /** stats_request: the device gave the buffer back, that is, it wants new values. In interrupt. */
  public static void request(Virtqueue q) {
    Balloon vb = Balloon.of(q.device());
    int flags = vb.stopLock().lockIrqsave();
    if (!vb.isStopped()) {
      BalloonWakeup.start(vb, BalloonWakeup.STATS);
      var unused = Workqueue.systemFreezable().queueWork(vb.statsWork());
    }
    vb.stopLock().unlockIrqrestore(flags);
  }

  /** stats_handle_request: collects first, then takes the buffer, if there is one (STATS-02). */
  static void work(WorkStruct work) {
    Balloon vb = Balloon.ofStatsWork(work);
    BalloonWakeup.process(vb, BalloonWakeup.STATS);
    answer(vb);
    BalloonWakeup.finish(vb, BalloonWakeup.STATS);
  }

  private static void answer(Balloon vb) {
    Virtqueue q = vb.statsQueue();
    int length = update(vb);
    if (VirtioRing.getBuf(q) == 0) {
      return;
    }
    int error = VirtioRing.addOutbuf(q, vb.stats(), length, vb.address());
    if (error != 0) {
      if (vb.errorLimit().allows()) {
        Printk.warn(
            "virtio_balloon virtio%d: stats: cannot add buffer, err = %d\n",
            vb.device().index(), error);
      }
      return;
    }
    var unused = VirtioRing.kick(q);
  }
}
