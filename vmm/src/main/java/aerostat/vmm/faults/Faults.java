package aerostat.vmm.faults;

import aerostat.devices.clock.DeviceClock;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.Trace;

/**
 * What stands between the driver and its device when a machine is built. Without faults it is
 * nothing: the parts are those that they would be.
 */
public interface Faults {
  /** Nothing goes wrong. */
  Faults NONE = new Faults() {};

  /** The machine's interrupt controller. First. */
  default InterruptController interrupts(FlatState state) {
    return new InterruptController(state);
  }

  /**
   * The device's window as the guest sees it. Second.
   *
   * @param clock in whose time things come late
   */
  default MmioDevice window(MmioDevice transport, DeviceClock clock, Trace trace) {
    return transport;
  }
}
