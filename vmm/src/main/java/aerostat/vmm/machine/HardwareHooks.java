package aerostat.vmm.machine;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.image.RewrittenImage;

/** Where a tool may put parts of its own into a machine that is being built. */
public interface HardwareHooks {
  /** A machine as users have it. */
  HardwareHooks NONE = new HardwareHooks() {};

  /** Guest RAM of so many bytes that no file backs. */
  default GuestMemory memory(long bytes) {
    return GuestMemory.anonymous(bytes);
  }

  /** The code to run; method and resume numbers must stay as they are. */
  default RewrittenImage image(RewrittenImage rewritten) {
    return rewritten;
  }

  /** What the guest finds at the balloon's window. */
  default MmioDevice window(
      MmioDevice transport, GuestMemory memory, InterruptController interrupts) {
    return transport;
  }
}
