package aerostat.devices.power;

import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.trace.TraceLine;
import java.util.function.Consumer;

/**
 * The power register: a 32-bit write at +0 ends the guest. It keeps no state; reads give 0, and
 * every other write is ignored.
 */
public final class PowerDevice implements MmioDevice {
  private final Consumer<PowerRequest> listener;
  private final Trace trace;

  /**
   * @param listener called under the machine lock on the vCPU's thread
   */
  public PowerDevice(Consumer<PowerRequest> listener, Trace trace) {
    this.listener = listener;
    this.trace = trace;
  }

  @Override
  public long read(long offset, int width) {
    return 0;
  }

  @Override
  public void write(long offset, int width, long value) {
    if (offset != 0 || width != 4) {
      return;
    }
    PowerRequest request = PowerRequest.of((int) value);
    if (request == null) {
      return;
    }
    if (trace.on()) {
      TraceLine.of("power", "request").word("what", request.name()).to(trace);
    }
    listener.accept(request);
  }
}
