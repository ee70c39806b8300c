package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;

/**
 * Writes memory at a steady rate, page after page, round and round. Before a page is written it is
 * checked: it must hold what the round before put there, all of it.
 *
 * <p>Options: dirty.rate (MiB a second, 50; 0 = no limit), dirty.size (bytes of the working set,
 * 32M).
 */
record Dirty() implements Workload {
  private static final int STAT = 0;
  private static final int PAGES = 8;
  private static final int DATA = 16;
  private static final int RATE = 24;
  private static final int ROUND = 32;
  private static final int CURSOR = 40;
  private static final int PACE = 48;
  private static final int SIZE = PACE + Pace.SIZE;

  @Override
  public void start(WorkloadStat stat) {
    long size = Params.number("dirty.size", 32 << 20);
    long rate = Pace.mebibytes("dirty.rate", 50);
    long pages = PageSet.pagesFor(size);
    PageSet data = PageSet.create(pages);
    long self = Slab.kzalloc(SIZE, Gfp.GFP_KERNEL);
    if (data == null || self == 0) {
      Printk.err("dirty: cannot have %lu MiB\n", size >> 20);
      Workloads.failed(stat);
      return;
    }
    store64(self + STAT, stat.address());
    stat.setSelf(self);
    store64(self + PAGES, pages);
    store64(self + DATA, data.address());
    store64(self + RATE, rate);
    Printk.info("dirty: %lu MiB/s over %lu KiB\n", rate, size >> 10);
    Workloads.startThread(Dirty::thread, self, stat);
  }

  static int thread(long self) {
    Pace pace = new Pace(self + PACE);
    pace.start();
    long rate = load64(self + RATE);
    long perTick = Pace.pagesPerTick(rate);
    while (!Kthread.shouldStop()) {
      writeOn(self, perTick);
      if (rate != 0) {
        pace.await();
      }
    }
    return 0;
  }

  /** Writes the next {@code n} pages. */
  static void writeOn(long self, long n) {
    for (long i = 0; i < n; i++) {
      long at = load64(self + CURSOR);
      step(self, at);
      boolean last = at + 1 == load64(self + PAGES);
      store64(self + CURSOR, last ? 0 : at + 1);
      if (last) {
        store64(self + ROUND, load64(self + ROUND) + 1);
      }
    }
  }

  private static long seed(long i, long round) {
    return i ^ Pattern.mix(round);
  }

  private static void step(long self, long i) {
    WorkloadStat stat = new WorkloadStat(load64(self + STAT));
    long page = new PageSet(load64(self + DATA)).page(i);
    long round = load64(self + ROUND);
    // Before the first round the pages are zero, and nobody has promised that.
    if (round > 0) {
      stat.countVerified();
      int wrong = Pattern.checkPage(page, seed(i, round - 1));
      if (wrong >= 0 && stat.countLost()) {
        report(page, i, round, wrong);
      }
    }
    Pattern.fillPage(page, seed(i, round));
    stat.countUpdate();
  }

  private static void report(long page, long i, long round, int wrong) {
    Printk.pr(
        Printk.ERR,
        "dirty: LOST WRITE page=%lu expected=%lu found=%ld offset=%d\n",
        i,
        round - 1,
        foundRound(page, i, round - 1),
        wrong * 8L);
  }

  /** The earlier round whose content the page has, of the last 64; -1 if it has none's. */
  private static long foundRound(long page, long i, long round) {
    for (long r = round; r >= 0 && r > round - 64; r--) {
      if (Pattern.checkPage(page, seed(i, r)) < 0) {
        return r;
      }
    }
    return -1;
  }
}
