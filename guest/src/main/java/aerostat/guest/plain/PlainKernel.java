package aerostat.guest.plain;

import aerostat.guest.kernel.Entry;
import aerostat.guest.kernel.Reboot;

/** Boots the guest kernel on the plain machine and runs a test inside of it. */
public final class PlainKernel {
  private PlainKernel() {}

  /**
   * Boots a machine that was {@link PlainMachine#reset} and had its devices added, and runs {@code
   * body} as the init thread; then the guest powers off. What the body throws comes out here.
   *
   * @return the console's text
   */
  public static String run(String commandLine, Runnable body) {
    try {
      Entry.run(
          PlainMachine.bootParams(commandLine),
          data -> {
            body.run();
            Reboot.powerOff();
            return 0;
          });
      throw new PlainFault("the idle loop returned");
    } catch (PlainPowerOff off) {
      if (off.code() != 1) {
        throw new PlainFault("the guest reports failure\n" + PlainMachine.mmio().console());
      }
      return PlainMachine.mmio().console();
    }
  }

  /** {@link #run(String, Runnable)} on a new machine with this much RAM. */
  public static String run(long ramSize, String commandLine, Runnable body) {
    PlainMachine.reset(ramSize);
    return run(commandLine, body);
  }

  /** Brings a new machine up as far as memory and scheduler, with the caller as its only thread. */
  public static void setUp(long ramSize, String commandLine) {
    PlainMachine.reset(ramSize);
    Entry.setUp(PlainMachine.bootParams(commandLine));
  }
}
