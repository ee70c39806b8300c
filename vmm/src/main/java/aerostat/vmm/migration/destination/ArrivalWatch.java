package aerostat.vmm.migration.destination;

import aerostat.vmm.migration.wire.MigrationStreamException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether a guest that is arriving still comes along: a peer that sends a byte now and then, or one
 * empty round after the other, must not keep a destination busy for ever.
 */
final class ArrivalWatch {
  private static final long LIMIT = TimeUnit.SECONDS.toNanos(60);

  private final LongSupplier pages;
  private final LongSupplier clock;
  private long seen;
  private long progressAt;

  /**
   * @param pages that have come so far, on any channel
   * @param clock ns
   */
  ArrivalWatch(LongSupplier pages, LongSupplier clock) {
    this.pages = pages;
    this.clock = clock;
    this.progressAt = clock.getAsLong();
  }

  /** Something other than a page has come whole. */
  synchronized void progress() {
    progressAt = clock.getAsLong();
  }

  /** Whether nothing has come for too long. */
  synchronized boolean stalled() {
    long now = clock.getAsLong();
    long count = pages.getAsLong();
    if (count != seen) {
      seen = count;
      progressAt = now;
    }
    return now - progressAt > LIMIT;
  }

  /**
   * @throws MigrationStreamException if nothing has come for too long
   */
  void check() throws MigrationStreamException {
    if (stalled()) {
      throw new MigrationStreamException(
          "nothing of the guest came for " + TimeUnit.NANOSECONDS.toSeconds(LIMIT) + " s");
    }
  }
}
