package aerostat.tools.bench.kernels;

import aerostat.guest.machine.Memory;

/** Memory loops and the worst case of polls, a recursion without a loop. */
public final class Loops {
  private Loops() {}

  /** Sum of {@code words} 64-bit words. */
  public static long scan(long area, int words) {
    long sum = 0;
    for (int i = 0; i < words; i++) {
      sum += Memory.load64(area + ((long) i << 3));
    }
    return sum;
  }

  /** Stores {@code words} 64-bit words. */
  public static long fill(long area, int words, long value) {
    for (int i = 0; i < words; i++) {
      Memory.store64(area + ((long) i << 3), value + i);
    }
    return value;
  }

  public static int fib(int n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
  }
}
