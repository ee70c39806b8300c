package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;

/** kernel/panic.c. The machine prints {@code Kernel panic - not syncing: } and a backtrace. */
public final class Panic {
  private Panic() {}

  /** Ends the guest and says why. Does not return. */
  public static void panic(String message) {
    Cpu.panic(message);
  }
}
