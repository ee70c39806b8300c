package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Cpu;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.Slab;
import aerostat.guest.mm.Zone;

/**
 * A fixed amount of allocating and freeing, at random orders of which small ones come more often.
 * Each block bears a stamp in its first and last word, which is checked when it is freed.
 *
 * <p>Options: churn.ops (allocations in all, 100000), churn.threads (1, at most 16), churn.order
 * (largest, 4), churn.slots (blocks that a thread holds at most, 256), churn.seed (1).
 */
record Churn() implements Workload {
  // shared by the threads
  private static final int STAT = 0;
  private static final int OPS = 8;
  private static final int ORDER = 16;
  private static final int SLOTS = 24;
  private static final int RUNNING = 32;
  private static final int FAILED = 40;
  private static final int CHECKSUM = 48;
  private static final int STARTED = 56;
  private static final int THREADS = 64;
  private static final int SHARED_SIZE = 72;

  // a thread's own
  private static final int SHARED = 0;
  private static final int RANDOM = 8;
  private static final int SUM = 16;
  private static final int TABLE = 24;
  private static final int MAX_THREADS = 16;
  private static final int MAX_SLOTS = 65_536;
  private static final long MAX_OPS = 1L << 40;

  @Override
  public void start(WorkloadStat stat) {
    long ops = Params.number("churn.ops", 100_000, 1, MAX_OPS);
    int threads = (int) Params.number("churn.threads", 1, 1, MAX_THREADS);
    long order = Params.number("churn.order", 4, 0, Zone.MAX_PAGE_ORDER);
    long slots = Params.number("churn.slots", 256, 1, MAX_SLOTS);
    long seed = Params.number("churn.seed", 1);
    long shared = Slab.kzalloc(SHARED_SIZE, Gfp.GFP_KERNEL);
    if (shared == 0) {
      Printk.err("churn: cannot have its memory\n");
      Workloads.failed(stat);
      return;
    }
    store64(shared + STAT, stat.address());
    store64(shared + OPS, Math.max(ops / threads, 1));
    store64(shared + ORDER, order);
    store64(shared + SLOTS, slots);
    store64(shared + RUNNING, threads);
    store64(shared + THREADS, threads);
    store64(shared + STARTED, Cpu.now());
    for (int i = 0; i < threads; i++) {
      startThread(shared, slots, Pattern.mix(seed + i));
    }
  }

  private static void startThread(long shared, long slots, long seed) {
    long self = Slab.kzalloc((int) (TABLE + slots * 8), Gfp.GFP_KERNEL);
    if (self != 0) {
      store64(self + SHARED, shared);
      store64(self + RANDOM, seed);
      if (Kthread.run(Churn::thread, self, "churn") != null) {
        return;
      }
    }
    Printk.err("churn: cannot have a thread\n");
    store64(shared + RUNNING, load64(shared + RUNNING) - 1);
  }

  static int thread(long self) {
    long shared = load64(self + SHARED);
    long slots = load64(shared + SLOTS);
    long done = 0;
    while (done < load64(shared + OPS)) {
      long slot = self + TABLE + Pattern.random(self + RANDOM, slots) * 8;
      if (load64(slot) != 0) {
        release(shared, slot);
      } else {
        take(self, shared, slot, done);
        done++;
      }
    }
    for (long i = 0; i < slots; i++) {
      long slot = self + TABLE + i * 8;
      if (load64(slot) != 0) {
        release(shared, slot);
      }
    }
    store64(shared + CHECKSUM, load64(shared + CHECKSUM) ^ load64(self + SUM));
    Slab.kfree(self);
    finish(shared);
    return 0;
  }

  private static WorkloadStat stat(long shared) {
    return new WorkloadStat(load64(shared + STAT));
  }

  /** Allocates into a slot: the block's address with its order in the low bits. */
  private static void take(long self, long shared, long slot, long op) {
    int largest = (int) load64(shared + ORDER);
    int order =
        Long.numberOfTrailingZeros(Pattern.random(self + RANDOM, Long.MAX_VALUE) | 1L << largest);
    store64(self + SUM, Pattern.mix(load64(self + SUM) ^ op ^ (long) order << 56));
    stat(shared).countUpdate();
    long block = PageAlloc.getFreePages(PageSet.GFP, order);
    if (block == 0) {
      store64(shared + FAILED, load64(shared + FAILED) + 1);
      return;
    }
    store64(block, stamp(block, order));
    store64(lastWord(block, order), ~stamp(block, order));
    store64(slot, block | order);
  }

  private static long stamp(long block, int order) {
    return Pattern.mix(block + order);
  }

  private static long lastWord(long block, int order) {
    return block + ((long) Page.PAGE_SIZE << order) - 8;
  }

  private static void release(long shared, long slot) {
    int order = (int) load64(slot) & Page.PAGE_SIZE - 1;
    long block = load64(slot) - order;
    store64(slot, 0);
    long expected = stamp(block, order);
    stat(shared).countVerified();
    if (load64(block) != expected || load64(lastWord(block, order)) != ~expected) {
      if (stat(shared).countLost()) {
        Printk.pr(
            Printk.ERR,
            "churn: LOST STAMP block=%#lx order=%d expected=%016lx found=%016lx last=%016lx\n",
            block,
            order,
            expected,
            load64(block),
            ~load64(lastWord(block, order)));
      }
    }
    PageAlloc.freePagesAt(block, order);
  }

  /** The last thread to end reports. */
  private static void finish(long shared) {
    long running = load64(shared + RUNNING) - 1;
    store64(shared + RUNNING, running);
    if (running > 0) {
      return;
    }
    WorkloadStat stat = stat(shared);
    Printk.info(
        "churn: done ops=%lu threads=%lu failed=%lu lost=%lu ms=%lu checksum=%016lx\n",
        stat.updates(),
        load64(shared + THREADS),
        load64(shared + FAILED),
        stat.lost(),
        (Cpu.now() - load64(shared + STARTED)) / 1_000_000,
        load64(shared + CHECKSUM));
    Slab.kfree(shared);
    Workloads.finished(stat);
  }
}
