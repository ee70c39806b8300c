package aerostat.vmm.migration.destination;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * How long a guest that has arrived works more slowly than it will: its code is compiled anew, its
 * memory is cold. Measured by its polls, of which each loop and call takes one, so that nothing
 * need be known of its workload: watched for some seconds, and measured against its rate at the end
 * of them.
 */
final class BrownOut {
  /** Between two looks, ns. */
  static final long LOOK = TimeUnit.MILLISECONDS.toNanos(5);

  /** Looks in all: three seconds. */
  static final int LOOKS = 600;

  /** The last second of them gives the rate. */
  private static final int SETTLED = LOOKS * 2 / 3;

  /** Looks that a rate is taken over: guests work in ticks of some ms. */
  private static final int WINDOW = 4;

  private static final double BACK = 0.9;

  private final LongSupplier polls;
  private final long[] times = new long[LOOKS + 1];
  private final long[] counts = new long[LOOKS + 1];
  private int looks;

  /**
   * @param polls of the guest so far
   */
  BrownOut(LongSupplier polls) {
    this.polls = polls;
  }

  /** Watches on a thread of its own until it knows, or the guest no longer runs here. */
  void watch(BooleanSupplier runs) {
    Thread.ofPlatform()
        .daemon()
        .name("brown-out")
        .start(
            () -> {
              look(System.nanoTime());
              while (!known() && runs.getAsBoolean()) {
                LockSupport.parkNanos(LOOK);
                look(System.nanoTime());
              }
            });
  }

  synchronized void look(long now) {
    if (looks < times.length) {
      times[looks] = now;
      counts[looks++] = polls.getAsLong();
    }
  }

  private synchronized boolean known() {
    return looks == times.length;
  }

  /** Adds ms until the guest was back, and its rate, once both are known. */
  synchronized void addTo(Map<String, Object> map) {
    if (!known()) {
      return;
    }
    double settled = rate(SETTLED, LOOKS);
    map.put("x-polls-per-second", Math.round(settled));
    int at = 0;
    while (at + WINDOW < LOOKS && rate(at, at + WINDOW) < BACK * settled) {
      at++;
    }
    map.put("x-brown-out", (times[at] - times[0]) / 1e6);
  }

  private double rate(int from, int to) {
    return (counts[to] - counts[from]) * 1e9 / Math.max(1, times[to] - times[from]);
  }
}
