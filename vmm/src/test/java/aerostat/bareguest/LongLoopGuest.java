package aerostat.bareguest;

import aerostat.guest.machine.Memory;

/** Counts through almost all longs, from one constant to another: further than a long can tell. */
public final class LongLoopGuest {
  private LongLoopGuest() {}

  public static final long COUNTER = Bare.DATA;

  public static void start(long bootParams) {
    for (long i = Long.MIN_VALUE; i < Long.MAX_VALUE - 10; i++) {
      Memory.store64(COUNTER, i);
    }
  }

  public static void interrupt(int line) {}

  public static void thread(long argument) {}
}
