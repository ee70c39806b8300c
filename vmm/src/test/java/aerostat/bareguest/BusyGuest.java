package aerostat.bareguest;

import aerostat.guest.machine.Memory;

/** Makes polls look cheap, then puts as much work as it can between two of them. */
public final class BusyGuest {
  private BusyGuest() {}

  public static final long COUNTER = Bare.DATA;

  public static void start(long bootParams) {
    while (Memory.load64(COUNTER + 8) < 20_000_000) {
      Memory.store64(COUNTER + 8, Memory.load64(COUNTER + 8) + 1);
    }
    for (int i = 0; i < Integer.MAX_VALUE; i++) {
      Memory.store64(COUNTER, Memory.load64(COUNTER) + (work() | 1));
    }
  }

  public static void interrupt(int line) {}

  public static void thread(long argument) {}

  /** Short loops only: no poll. */
  private static long work() {
    return nest(1) + nest(2) + nest(3) + nest(4);
  }

  private static long nest(long seed) {
    long sum = seed;
    for (int i = 0; i < 64; i++) {
      for (int j = 0; j < 64; j++) {
        sum = sum * 31 + Memory.load64(COUNTER + 8 * j);
      }
    }
    return sum;
  }
}
