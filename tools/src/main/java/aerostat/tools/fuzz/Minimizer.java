package aerostat.tools.fuzz;

import java.util.Arrays;

/** Shortens an input while it still gives the same finding. */
final class Minimizer {
  private final FuzzTarget target;
  private final String signature;
  private int left;

  Minimizer(FuzzTarget target, String signature) {
    this.target = target;
    this.signature = signature;
  }

  /**
   * @param runs most executions to spend
   */
  byte[] minimize(byte[] input, int runs) {
    left = runs;
    byte[] best = input;
    for (int chunk = Math.max(1, input.length / 2); chunk >= 1 && left > 0; ) {
      byte[] shorter = withoutSome(best, chunk);
      if (shorter.length < best.length) {
        best = shorter;
      } else {
        chunk /= 2;
      }
    }
    return simpler(best);
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
