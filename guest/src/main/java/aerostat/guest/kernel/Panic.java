package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;

/** kernel/panic.c. */
public final class Panic {
  private Panic() {}

  /** Says why on the console and ends the guest with a backtrace. Does not return. */
  public static void panic(String message) {
    Printk.pr(Printk.EMERG, "Kernel panic - not syncing: %s\n", Cpu.string(message));
    Cpu.panic(message);
  }
}
