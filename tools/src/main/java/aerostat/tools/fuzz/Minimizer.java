package aerostat.tools.fuzz;

import java.time.Duration;
import java.util.Arrays;
import java.util.function.LongSupplier;

/** Shortens an input while it still gives the same finding, and while there is time. */
final class Minimizer {
  private final FuzzTarget target;
  private final String signature;
  private final LongSupplier clock;
  private int left;
  private long begun;
  private long nanos;

  /**
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  Minimizer(FuzzTarget target, String signature, LongSupplier clock) {
    this.target = target;
    this.signature = signature;
    this.clock = clock;
  }

  /**
   * @param runs most executions to spend
   * @param time after which none begins
   */
  byte[] minimize(byte[] input, int runs, Duration time) {
    left = runs;
    begun = clock.getAsLong();
    nanos = time.toNanos();
    byte[] best = input;
    byte[] before;
    do {
      before = best;
      best = simpler(shorter(best));
    } while (!Arrays.equals(best, before));
    return best;
  }

  private byte[] shorter(byte[] input) {
    byte[] best = input;
    for (int chunk = Math.max(1, input.length / 2); chunk >= 1 && left > 0; ) {
      byte[] fewer = withoutSome(best, chunk);
      if (fewer.length < best.length) {
        best = fewer;
      } else {
        chunk /= 2;
      }
    }
    return best;
  }

  private byte[] withoutSome(byte[] input, int chunk) {
    for (int at = input.length - chunk; at >= 0; at -= chunk) {
      byte[] shorter = new byte[input.length - chunk];
      System.arraycopy(input, 0, shorter, 0, at);
      System.arraycopy(input, at + chunk, shorter, at, input.length - at - chunk);
      if (same(shorter)) {
        return shorter;
      }
    }
    return input;
  }

  private byte[] simpler(byte[] input) {
    byte[] best = input;
    for (int i = 0; i < best.length && left > 0; i++) {
      if (best[i] != 0) {
        byte[] zeroed = Arrays.copyOf(best, best.length);
        zeroed[i] = 0;
        if (same(zeroed)) {
          best = zeroed;
        }
      }
    }
    return best;
  }

  private boolean same(byte[] input) {
    if (clock.getAsLong() - begun >= nanos) {
      left = 0;
    }
    if (left-- <= 0) {
      return false;
    }
    try {
      target.run(input, FuzzLog.OFF);
      return false;
    } catch (FuzzFinding finding) {
      return finding.signature().equals(signature);
    }
  }
}
