package aerostat.vmm.migration;

/**
 * When to stop the guest, the eager rule: rounds go on while each leaves at least a fifth less than
 * the one before, because every page less is downtime less. Once they stop shrinking, the guest is
 * stopped if what remains fits into the downtime limit by the measured rate (as MIG-11 computes
 * it); if not, rounds go on until it does or until the bound on rounds.
 */
final class Convergence {
  /** Fewer pages than this are not worth a round. */
  static final long FEW_PAGES = 64;

  private Convergence() {}

  /**
   * @param before pages that were dirty when the round began
   * @param remaining pages dirty after it
   * @param bytesPerSecond rate of the stream; 0 if not measured
   * @param rounds that were sent
   */
  static boolean stopNow(
      long before,
      long remaining,
      double bytesPerSecond,
      int rounds,
      int downtimeLimit,
      int maxRounds) {
    if (remaining < FEW_PAGES || rounds >= maxRounds) {
      return true;
    }
    boolean shrinking = remaining <= before - before / 5;
    return !shrinking && downtimeMillis(remaining, bytesPerSecond) <= downtimeLimit;
  }

  /** Forecast of the time that the remaining pages take, ms. */
  static long downtimeMillis(long remaining, double bytesPerSecond) {
    if (remaining == 0) {
      return 0;
    }
    return bytesPerSecond <= 0
        ? Long.MAX_VALUE
        : (long) Math.ceil(remaining * 4096.0 * 1000 / bytesPerSecond);
  }
}
