package aerostat.vmm.migration.source;

import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * {@code x-switchover=eager}, the default: rounds go on while each leaves at least a fifth less
 * than the one before, because every page less is downtime less. Once they stop shrinking, or few
 * pages are left, the guest is stopped if what remains fits into the downtime limit by the rate
 * measured; if not, rounds go on until it does.
 */
final class EagerSwitchover implements SwitchoverRule {
  /** Fewer pages than this are not worth a round. */
  static final long FEW_PAGES = 64;

  /** Less than this says nothing about the rate (as MIG-11). */
  private static final long FEW_BYTES = 10_000;

  private static final long WINDOW = TimeUnit.MILLISECONDS.toNanos(50);

  private final IntSupplier downtimeLimit;
  private double bytesPerSecond;
  private long windowBegan;
  private long bytesBefore;

  /**
   * @param downtimeLimit ms, asked each time
   */
  EagerSwitchover(IntSupplier downtimeLimit) {
    this.downtimeLimit = downtimeLimit;
  }

  @Override
  public void begin(long now) {
    windowBegan = now;
  }

  @Override
  public boolean syncNow(long remaining, long bytes, long now) {
    return false;
  }

  @Override
  public boolean complete(long before, long remaining, long bytes, long now) {
    measure(bytes, now);
    boolean shrinking = remaining >= FEW_PAGES && remaining <= before - before / 5;
    return (!shrinking && downtimeMillis(remaining) <= downtimeLimit.getAsInt()) || remaining == 0;
  }

  /** A short round says little: the socket's buffers take it at once. */
  private void measure(long bytes, long now) {
    long sent = bytes - bytesBefore;
    long took = now - windowBegan;
    if (sent > FEW_BYTES && (bytesPerSecond == 0 || took >= WINDOW)) {
      bytesPerSecond = sent * 1e9 / Math.max(1, took);
    }
    if (took >= WINDOW) {
      windowBegan = now;
      bytesBefore = bytes;
    }
  }

  @Override
  public long downtimeMillis(long remaining) {
    if (remaining == 0) {
      return 0;
    }
    if (bytesPerSecond <= 0) {
      // So few that no round of them will ever be measured.
      return remaining < FEW_PAGES ? 1 : Long.MAX_VALUE;
    }
    return (long) Math.ceil(remaining * 4096.0 * 1000 / bytesPerSecond);
  }
}
