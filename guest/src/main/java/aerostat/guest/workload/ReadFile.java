package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Cpu;
import aerostat.guest.mm.AddressSpace;
import aerostat.guest.mm.DropCaches;
import aerostat.guest.mm.Filemap;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.Slab;

/**
 * Reads a file from begin to end, round and round, through the page cache, and checks each page.
 * The file lies on no disk: its content can be computed, which stands for reading it.
 *
 * <p>Options: readfile.size (bytes, 32M), readfile.rate (MiB a second, 100; 0 = no limit),
 * readfile.drop_caches (after each round what would be written to /proc/sys/vm/drop_caches, 0).
 */
record ReadFile() implements Workload {
  private static final int STAT = 0;
  private static final int MAPPING = 8;
  private static final int RATE = 16;
  private static final int DROP = 24;
  private static final int CURSOR = 32;
  private static final int PACE = 40;
  private static final int SIZE = PACE + Pace.SIZE;

  @Override
  public void start(WorkloadStat stat) {
    long size = Params.number("readfile.size", 32 << 20);
    long rate = Pace.mebibytes("readfile.rate", 100);
    long self = Slab.kzalloc(SIZE, Gfp.GFP_KERNEL);
    AddressSpace mapping =
        AddressSpace.create(ReadFile::readFolio, Cpu.random(), PageSet.pagesFor(size));
    if (self == 0 || mapping == null) {
      Printk.err("readfile: cannot have a file of %lu MiB\n", size >> 20);
      Workloads.failed(stat);
      return;
    }
    store64(self + STAT, stat.address());
    stat.setSelf(self);
    store64(self + MAPPING, mapping.address());
    store64(self + RATE, rate);
    store64(self + DROP, dropCaches());
    Printk.info("readfile: %lu MiB/s of a file of %lu KiB\n", rate, size >> 10);
    Workloads.startThread(ReadFile::thread, self, stat);
  }

  private static long dropCaches() {
    long value = Params.number("readfile.drop_caches", 0);
    if (value != 0 && !DropCaches.isValid(value)) {
      Params.invalid("readfile.drop_caches");
      return 0;
    }
    return value;
  }

  static int readFolio(AddressSpace mapping, long index, Page page) {
    Pattern.fillPage(page.virtual(), mapping.host() ^ index);
    return 0;
  }

  static int thread(long self) {
    Pace pace = new Pace(self + PACE);
    pace.start();
    long rate = load64(self + RATE);
    long perTick = Pace.pagesPerTick(rate);
    while (!Kthread.shouldStop()) {
      for (long i = 0; i < perTick; i++) {
        step(self);
      }
      if (rate != 0) {
        pace.await();
      }
    }
    return 0;
  }

  private static void step(long self) {
    AddressSpace mapping = new AddressSpace(load64(self + MAPPING));
    long index = load64(self + CURSOR);
    Page page = Filemap.read(mapping, index);
    if (page != null) {
      check(self, mapping, index, page);
      Filemap.put(page);
    }
    boolean last = index + 1 == mapping.length();
    store64(self + CURSOR, last ? 0 : index + 1);
    if (last && load64(self + DROP) != 0) {
      var unused = DropCaches.write(load64(self + DROP));
    }
  }

  private static void check(long self, AddressSpace mapping, long index, Page page) {
    WorkloadStat stat = new WorkloadStat(load64(self + STAT));
    stat.countVerified();
    int wrong = Pattern.checkPage(page.virtual(), mapping.host() ^ index);
    if (wrong >= 0 && stat.countLost()) {
      Printk.err("readfile: LOST PAGE index=%lu offset=%d\n", index, wrong * 8L);
    }
  }
}
