package aerostat.bareguest;

import aerostat.guest.machine.Memory;

/** Counts for ever, interrupts disabled, without any cooperation. */
public final class CounterGuest {
  private CounterGuest() {}

  /** Where the count is. */
  public static final long COUNTER = Bare.DATA;

  public static void start(long bootParams) {
    for (; ; ) {
      Memory.store64(COUNTER, Memory.load64(COUNTER) + 1);
    }
  }

  public static void interrupt(int line) {}

  public static void thread(long argument) {}
}
