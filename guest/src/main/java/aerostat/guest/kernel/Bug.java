package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;

/** BUG and BUG_ON (asm/bug.h): the machine's panic adds function, file and line. */
public final class Bug {
  private Bug() {}

  /** BUG_ON: panics when the condition holds. */
  public static void on(boolean condition, String what) {
    if (condition) {
      bug(what);
    }
  }

  /** BUG: does not return. */
  public static void bug(String what) {
    Cpu.panic(what);
  }
}
