package aerostat.guest.kernel;

import aerostat.guest.machine.Memory;

/**
 * drivers/base/power/wakeup.c: while any driver has something to do that came from outside, the
 * machine does not go to sleep.
 */
public final class Wakeup {
  private Wakeup() {}

  /** pm_stay_awake: one more. Interrupts are disabled. */
  public static void stayAwake() {
    Memory.store64(KernelData.WAKEUP_SOURCES, Memory.load64(KernelData.WAKEUP_SOURCES) + 1);
  }

  /** pm_relax: one less. Interrupts are disabled. */
  public static void relax() {
    Memory.store64(KernelData.WAKEUP_SOURCES, Memory.load64(KernelData.WAKEUP_SOURCES) - 1);
  }

  /** pm_wakeup_pending. */
  public static boolean isPending() {
    return Memory.load64(KernelData.WAKEUP_SOURCES) != 0;
  }
}
