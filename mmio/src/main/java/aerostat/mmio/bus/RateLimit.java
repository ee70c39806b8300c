package aerostat.mmio.bus;

/**
 * At most one log message a second: a hostile guest must not fill the host's disk. Not thread-safe:
 * its users hold the machine lock.
 */
public final class RateLimit {
  private static final long INTERVAL_NANOS = 1_000_000_000L;

  private long last;
  private boolean any;
  private long suppressed;

  /** Whether to speak now. */
  public boolean pass() {
    long now = System.nanoTime();
    if (any && now - last < INTERVAL_NANOS) {
      suppressed++;
      return false;
    }
    any = true;
    last = now;
    return true;
  }

  /** Messages kept back since the last call. */
  public long takeSuppressed() {
    long count = suppressed;
    suppressed = 0;
    return count;
  }
}
