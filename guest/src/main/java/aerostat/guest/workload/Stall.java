package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.Slab;

/**
 * How late somebody is who wants a page: each millisecond a page is allocated, and what counts is
 * the time from the moment at which that was due, by the guest's clock, until the page is there. So
 * whoever keeps the zone's lock, or the CPU, is seen. The clock stands while the machine does.
 *
 * <p>Options: stall.interval (ms between two lines, 500).
 */
record Stall() implements Workload {
  private static final int STAT = 0;
  private static final int INTERVAL = 8;
  private static final int COUNT = 16;
  private static final int LONGEST = 24;
  private static final int BUCKETS = 32;

  /** Eight buckets a power of two: no value is off by more than an eighth. */
  private static final int SUB_BITS = 3;

  private static final int NR_BUCKETS = 32 << SUB_BITS;
  private static final int SIZE = BUCKETS + 8 * NR_BUCKETS;
  private static final long NS_PER_MS = 1_000_000;
  private static final long MAX_INTERVAL = 3_600_000;

  @Override
  public void start(WorkloadStat stat) {
    long self = Slab.kzalloc(SIZE, Gfp.GFP_KERNEL);
    if (self == 0) {
      Printk.err("stall: cannot have its memory\n");
      Workloads.failed(stat);
      return;
    }
    store64(self + STAT, stat.address());
    stat.setSelf(self);
    store64(self + INTERVAL, Params.number("stall.interval", 500, 1, MAX_INTERVAL));
    Workloads.startThread(Stall::thread, self, stat);
  }

  static int thread(long self) {
    WorkloadStat stat = new WorkloadStat(load64(self + STAT));
    long shown = Cpu.now();
    while (!Kthread.shouldStop()) {
      long due = Cpu.now() + NS_PER_MS;
      Sched.msleep(1);
      Page page = PageAlloc.allocPage(PageSet.GFP);
      long now = Cpu.now();
      note(self, Math.max(now - due, 0) / 1000);
      stat.countUpdate();
      if (page != null) {
        PageAlloc.freePage(page);
      }
      if (now - shown >= load64(self + INTERVAL) * NS_PER_MS) {
        show(self);
        shown = now;
      }
    }
    return 0;
  }

  @Bounded(1)
  private static void note(long self, long micros) {
    long bucket = self + BUCKETS + 8L * bucket(micros);
    store64(bucket, load64(bucket) + 1);
    store64(self + COUNT, load64(self + COUNT) + 1);
    store64(self + LONGEST, Math.max(load64(self + LONGEST), micros));
  }

  private static int bucket(long micros) {
    int power = 63 - Long.numberOfLeadingZeros(micros | 1);
    if (power < SUB_BITS) {
      return (int) micros;
    }
    int sub = (int) (micros >>> (power - SUB_BITS)) & ((1 << SUB_BITS) - 1);
    return Math.min(((power - SUB_BITS + 1) << SUB_BITS) + sub, NR_BUCKETS - 1);
  }

  /** The first value above the bucket. */
  static long upper(int bucket) {
    int power = bucket >> SUB_BITS;
    int sub = bucket & ((1 << SUB_BITS) - 1);
    return power == 0 ? bucket + 1 : (long) ((1 << SUB_BITS) + sub + 1) << (power - 1);
  }

  /** A line for the time since the last one. */
  private static void show(long self) {
    long count = load64(self + COUNT);
    Printk.info(
        "stall: allocations=%lu p99=%lu us longest=%lu us\n",
        count, percentile(self, count - count / 100), load64(self + LONGEST));
    Memory.fill(self + COUNT, SIZE - COUNT, 0);
  }

  @Bounded(NR_BUCKETS)
  private static long percentile(long self, long rank) {
    long below = 0;
    for (int i = 0; i < NR_BUCKETS; i++) {
      below += load64(self + BUCKETS + 8L * i);
      if (below >= rank) {
        return upper(i);
      }
    }
    return upper(NR_BUCKETS - 1);
  }
}
