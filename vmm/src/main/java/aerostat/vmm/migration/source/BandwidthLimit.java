package aerostat.vmm.migration.source;

import java.util.function.LongSupplier;

/**
 * Spreads bytes over time. Time in which nothing was sent is not saved up beyond a tenth of a
 * second, so no burst follows a pause.
 */
final class BandwidthLimit {
  private static final long MAX_CREDIT = 100_000_000;

  private final LongSupplier bytesPerSecond;
  private long paidUntil;
  private long bytes;

  /**
   * @param bytesPerSecond asked each time, 0: no limit
   */
  BandwidthLimit(LongSupplier bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /**
   * Notes how much was sent in all.
   *
   * @return ns to wait before more may be sent
   */
  long delay(long totalBytes, long now) {
    long fresh = totalBytes - bytes;
    bytes = totalBytes;
    long rate = bytesPerSecond.getAsLong();
    if (rate == 0) {
      paidUntil = now;
      return 0;
    }
    paidUntil = Math.max(paidUntil, now - MAX_CREDIT) + (long) (fresh * 1e9 / rate);
    return Math.max(0, paidUntil - now);
  }
}
