package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Cpu;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.Slab;

/**
 * A store of records with sequence number and checksum, updated at random and read in turn; the
 * sequence number that each record should have stands in a table of its own. So a write that a
 * migration loses shows, whether it was to a record, to a part of it or to the table.
 *
 * <p>Options: kvstore.size (bytes of records, 16M), kvstore.rate (updates a second, 20000; 0 = no
 * limit), kvstore.cycle (every record is read again within so many ms, 2000).
 */
record Kvstore() implements Workload {
  // struct, in memory of its own
  private static final int STAT = 0;
  private static final int RECORDS = 8;
  private static final int DATA = 16;
  private static final int SHADOW = 24;
  private static final int RANDOM = 32;
  private static final int CURSOR = 40;
  private static final int RATE = 48;
  private static final int CYCLE = 56;
  private static final int PACE = 64;
  private static final int SIZE = PACE + Pace.SIZE;

  // record
  static final int RECORD_BYTES = 256;
  static final int RECORDS_PER_PAGE = Page.PAGE_SIZE / RECORD_BYTES;
  static final int SEQUENCE = 0;
  static final int CHECKSUM = 8;
  static final int INDEX = 16;
  static final int PAYLOAD = 24;
  static final int PAYLOAD_WORDS = (RECORD_BYTES - PAYLOAD) / 8;

  private static final long MAX_RATE = 1_000_000_000;
  private static final long MAX_CYCLE_MS = 3_600_000;

  @Override
  public void start(WorkloadStat stat) {
    long size = Params.number("kvstore.size", 16 << 20);
    long records = PageSet.pagesFor(size) * RECORDS_PER_PAGE;
    PageSet shadow = PageSet.create(PageSet.pagesFor(records * 8));
    PageSet data = shadow == null ? null : PageSet.create(PageSet.pagesFor(size));
    if (shadow != null && data == null) {
      shadow.destroy(PageSet.pagesFor(records * 8));
    }
    long self = Slab.kzalloc(SIZE, Gfp.GFP_KERNEL);
    if (data == null || self == 0) {
      Printk.err("kvstore: cannot have %lu MiB\n", size >> 20);
      Workloads.failed(stat);
      return;
    }
    store64(self + STAT, stat.address());
    stat.setSelf(self);
    store64(self + RECORDS, records);
    store64(self + DATA, data.address());
    store64(self + SHADOW, shadow.address());
    store64(self + RANDOM, Cpu.random());
    store64(self + RATE, Params.number("kvstore.rate", 20_000, 0, MAX_RATE));
    store64(self + CYCLE, Params.number("kvstore.cycle", 2000, Pace.TICK_MS, MAX_CYCLE_MS));
    Printk.info(
        "kvstore: %lu records in %lu KiB, %lu updates/s, read again within %lu ms\n",
        records, size >> 10, load64(self + RATE), load64(self + CYCLE));
    Workloads.startThread(Kvstore::thread, self, stat);
  }

  static int thread(long self) {
    long records = load64(self + RECORDS);
    for (long i = 0; i < records; i++) {
      write(self, i, 1);
    }
    Pace pace = new Pace(self + PACE);
    pace.start();
    long rate = load64(self + RATE);
    long perTick = rate == 0 ? 1000 : (rate + Pace.TICKS_PER_SECOND - 1) / Pace.TICKS_PER_SECOND;
    long ticks = Math.max(load64(self + CYCLE) / Pace.TICK_MS, 1);
    long reads = (records + ticks - 1) / ticks;
    while (!Kthread.shouldStop()) {
      for (long i = 0; i < perTick; i++) {
        update(self, Pattern.random(self + RANDOM, records));
      }
      readOn(self, reads);
      if (rate != 0) {
        pace.await();
      }
    }
    return 0;
  }

  /** Reads the next {@code n} records, round and round. */
  static void readOn(long self, long n) {
    long records = load64(self + RECORDS);
    for (long i = 0; i < n; i++) {
      long at = load64(self + CURSOR);
      verify(self, at);
      store64(self + CURSOR, at + 1 == records ? 0 : at + 1);
    }
  }

  static WorkloadStat stat(long self) {
    return new WorkloadStat(load64(self + STAT));
  }

  /** Address of a record. */
  static long record(long self, long i) {
    PageSet data = new PageSet(load64(self + DATA));
    return data.page(i / RECORDS_PER_PAGE) + i % RECORDS_PER_PAGE * RECORD_BYTES;
  }

  /** Address of the sequence number that a record should have. */
  static long expected(long self, long i) {
    PageSet shadow = new PageSet(load64(self + SHADOW));
    return shadow.page(i / Pattern.PAGE_WORDS) + i % Pattern.PAGE_WORDS * 8;
  }

  private static void update(long self, long i) {
    verify(self, i);
    write(self, i, load64(expected(self, i)) + 1);
    stat(self).countUpdate();
  }

  private static void write(long self, long i, long sequence) {
    long record = record(self, i);
    long word = Pattern.mix(i ^ Pattern.mix(sequence));
    for (int k = 0; k < PAYLOAD_WORDS; k++) {
      store64(record + PAYLOAD + 8L * k, word);
      word = Pattern.next(word);
    }
    store64(record + INDEX, i);
    store64(record + SEQUENCE, sequence);
    store64(record + CHECKSUM, checksum(record));
    store64(expected(self, i), sequence);
  }

  private static long checksum(long record) {
    long sum = load64(record + SEQUENCE) ^ load64(record + INDEX) * 0x9E3779B97F4A7C15L;
    for (int k = 0; k < PAYLOAD_WORDS; k++) {
      sum = Long.rotateLeft(sum ^ load64(record + PAYLOAD + 8L * k), 23) * 0xBF58476D1CE4E5B9L;
    }
    return sum;
  }

  /** Reads a record; one that is not as it should be is reported and then written anew. */
  private static void verify(long self, long i) {
    long record = record(self, i);
    long expected = load64(expected(self, i));
    long found = load64(record + SEQUENCE);
    boolean whole = load64(record + CHECKSUM) == checksum(record) && load64(record + INDEX) == i;
    stat(self).countVerified();
    if (found != expected || !whole) {
      report(self, i, expected, found, whole);
      write(self, i, expected);
    }
  }

  private static void report(long self, long i, long expected, long found, boolean whole) {
    if (!stat(self).countLost()) {
      return;
    }
    if (whole) {
      Printk.err("kvstore: LOST UPDATE record=%lu expected=%lu found=%lu\n", i, expected, found);
    } else {
      Printk.err(
          "kvstore: LOST UPDATE record=%lu expected=%lu found=%lu torn\n", i, expected, found);
    }
  }
}
