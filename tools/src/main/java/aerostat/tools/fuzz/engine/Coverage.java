package aerostat.tools.fuzz.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** What all inputs so far have reached: edges, each with the magnitudes of its count. */
final class Coverage {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final byte[] BUCKET = new byte[256];

  static {
    // 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more.
    for (int count = 1; count < 256; count++) {
      int bucket = count < 4 ? count - 1 : Math.min(6, 32 - Integer.numberOfLeadingZeros(count));
      BUCKET[count] = (byte) (1 << (count >= 128 ? 7 : bucket));
    }
  }

  private final byte[] seen;

  Coverage(int edges) {
    seen = new byte[edges];
  }

  /** Takes and clears the counters of one run; whether there is anything new in them. */
  boolean take(byte[] counters) {
    boolean fresh = false;
    int whole = counters.length & -8;
    for (int at = 0; at < whole; at += 8) {
      if ((long) LONG.get(counters, at) != 0) {
        fresh |= take(counters, at, at + 8);
      }
    }
    return take(counters, whole, counters.length) | fresh;
  }

  private boolean take(byte[] counters, int from, int to) {
    boolean fresh = false;
    for (int at = from; at < to; at++) {
      byte bit = BUCKET[counters[at] & 0xff];
      fresh |= (bit & ~seen[at]) != 0;
      seen[at] |= bit;
      counters[at] = 0;
    }
    return fresh;
  }

  /** Edges passed at least once. */
  int edges() {
    int count = 0;
    for (byte bits : seen) {
      if (bits != 0) {
        count++;
      }
    }
    return count;
  }
}
