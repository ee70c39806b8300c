package aerostat.vmm.migration.source;

import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * {@code x-switchover=qemu}: QEMU's decision, MIG-11 and MIG-12. What is left is compared with what
 * the downtime limit lets through at the rate of the last tenth of a second, all the time and not
 * at the end of a round; the first time it is less, a sync tells the truth.
 */
final class QemuSwitchover implements SwitchoverRule {
  private static final long WINDOW = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int PAGE = 4096;

  private final IntSupplier downtimeLimit;
  private long windowBegan;
  private long windowBytes;
  private double bytesPerMilli;

  /**
   * @param downtimeLimit ms, asked each time
   */
  QemuSwitchover(IntSupplier downtimeLimit) {
    this.downtimeLimit = downtimeLimit;
  }

  @Override
  public void begin(long now) {
    windowBegan = now;
  }

  @Override
  public boolean syncNow(long remaining, long bytes, long now) {
    measure(bytes, now);
    return remaining == 0 || remaining * PAGE < threshold();
  }

  @Override
  public boolean complete(long before, long remaining, long bytes, long now) {
    measure(bytes, now);
    return remaining == 0 || remaining * PAGE < threshold();
  }

  @Override
  public long downtimeMillis(long remaining) {
    if (remaining == 0) {
      return 0;
    }
    return bytesPerMilli <= 0
        ? Long.MAX_VALUE
        : (long) Math.ceil(remaining * (double) PAGE / bytesPerMilli);
  }

  /** Bytes that fit into the downtime limit; 0 before the first measurement. */
  double threshold() {
    return bytesPerMilli * downtimeLimit.getAsInt();
  }

  private void measure(long bytes, long now) {
    if (now - windowBegan >= WINDOW) {
      bytesPerMilli = (bytes - windowBytes) * 1e6 / (now - windowBegan);
      windowBegan = now;
      windowBytes = bytes;
    }
  }
}
