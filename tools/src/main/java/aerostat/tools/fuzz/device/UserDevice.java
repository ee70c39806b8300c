package aerostat.tools.fuzz.device;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;

/**
 * A device of a user's own as the target of {@code aerostat fuzz device --device-class}: what the
 * guest finds at the balloon's window. A public class with a public constructor without arguments.
 *
 * <p>Everything is on one thread; registers are read and written with the machine lock held. The
 * device has to be a balloon for a driver: the properties reset it, put a page in by queue 0 and
 * take it out by queue 1, and look at the page's owner, the used rings and the interrupts.
 */
public interface UserDevice extends MmioDevice {
  /**
   * Once, before the guest boots.
   *
   * @param ours our own transport and balloon, to pass accesses on to, or to leave alone
   * @param memory guest RAM; owners of pages are {@link GuestMemory#owners}
   * @param line interrupt line of the window at the controller
   */
  void attach(MmioDevice ours, GuestMemory memory, InterruptController interrupts, int line);

  /** The guest has booted: this is the state to go back to. Not for what lies in guest RAM. */
  default void take() {}

  /** Back to the state of {@link #take}; before each input. */
  default void rewind() {}
}
