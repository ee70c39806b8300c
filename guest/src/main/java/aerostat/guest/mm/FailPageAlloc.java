package aerostat.guest.mm;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.NumberParser;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.RateLimit;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/**
 * mm/fail_page_alloc.c and lib/fault-inject.c: {@code
 * fail_page_alloc=<interval>,<probability>,<space>,<times>} makes allocations fail that may. Here
 * these are the ones with {@link Gfp#__GFP_NORETRY}, so the drivers', the page cache's and the
 * workloads'; Linux takes those without direct reclaim, of which there are none worth it here.
 */
final class FailPageAlloc {
  private FailPageAlloc() {}

  private static final long INTERVAL = MmData.FAIL_PAGE_ALLOC;

  /** Percent; 0: nothing fails. */
  private static final long PROBABILITY = INTERVAL + 8;

  /** Pages that are still had before anything fails. */
  private static final long SPACE = INTERVAL + 16;

  /** Failures left; negative: no limit. */
  private static final long TIMES = INTERVAL + 24;

  private static final long COUNT = INTERVAL + 32;
  private static final long RATE_LIMIT = INTERVAL + 40;

  /** setup_fault_attr. */
  static void init() {
    CString text = Params.get("fail_page_alloc");
    if (text == null) {
      return;
    }
    CString at = text;
    for (int i = 0; i < 4; i++) {
      boolean unlimited = i == 3 && at.is("-1");
      long end = unlimited ? at.address() + 2 : NumberParser.skip(at);
      if (end == at.address() || Memory.load8(end) != (i < 3 ? ',' : 0)) {
        Printk.warn("FAULT_INJECTION: failed to parse arguments\n");
        Memory.store64(PROBABILITY, 0);
        return;
      }
      Memory.store64(INTERVAL + 8L * i, unlimited ? -1 : NumberParser.value(at));
      at = new CString(end + 1);
    }
  }

  /** should_fail, for a block of 2^order pages. */
  static boolean should(int order) {
    long probability = Memory.load64(PROBABILITY);
    long times = Memory.load64(TIMES);
    if (probability == 0 || times == 0) {
      return false;
    }
    long space = Memory.load64(SPACE);
    if (space > 1L << order) {
      Memory.store64(SPACE, space - (1L << order));
      return false;
    }
    long interval = Memory.load64(INTERVAL);
    if (interval > 1) {
      long count = Memory.load64(COUNT) + 1;
      Memory.store64(COUNT, count);
      if (count % interval != 0) {
        return false;
      }
    }
    if (probability <= Long.remainderUnsigned(Cpu.random(), 100)) {
      return false;
    }
    if (new RateLimit(RATE_LIMIT).allows()) {
      Printk.pr(
          Printk.NOTICE,
          """
          FAULT_INJECTION: forcing a failure.
          name fail_page_alloc, interval %lu, probability %lu, space %ld, times %ld
          """,
          interval,
          probability,
          Memory.load64(SPACE),
          times);
    }
    if (times > 0) {
      Memory.store64(TIMES, times - 1);
    }
    return true;
  }
}
