package aerostat.vmm.cpu;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Makes a vCPU sleep for a part of its time (MIG-16): after each 10 ms of running 10 ms × p/(1−p).
 * The percentage comes from any thread; the rest is the vCPU thread's, at polls off the fast path.
 */
final class Throttle {
  private static final long SLICE = 10_000_000;

  private volatile int percent;
  private long ranSince;

  /**
   * @param newPercent 0 to 99
   */
  void percent(int newPercent) {
    if (newPercent < 0 || newPercent > 99) {
      throw new IllegalArgumentException("a throttle of " + newPercent + " percent");
    }
    percent = newPercent;
  }

  /** Whether it has run long enough to sleep now. */
  boolean due(long now) {
    return percent != 0 && now - ranSince >= SLICE;
  }

  /** How long it sleeps after a slice of running, ns. */
  long due() {
    int p = percent;
    return SLICE * p / (100 - p);
  }

  /**
   * Sleeps as long as is due.
   *
   * @param enough ends the sleep; asked whenever somebody wakes the thread
   * @return the time afterwards
   */
  long sleep(long now, BooleanSupplier enough) {
    long until = now + due();
    long at = now;
    while (at < until && !enough.getAsBoolean()) {
      LockSupport.parkNanos(this, until - at);
      at = System.nanoTime();
    }
    ranSince = at;
    return at;
  }
}
