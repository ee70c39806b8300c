package aerostat.tools.fuzz.ring;

import aerostat.mmio.bus.MmioBus;
import aerostat.mmio.bus.MmioDevice;

/**
 * A device as the guest reaches it.
 *
 * @param base guest-physical address of its window
 */
public record BusWindow(MmioBus bus, long base) implements MmioDevice {
  @Override
  public long read(long offset, int width) {
    return bus.read(base + offset, width);
  }

  @Override
  public void write(long offset, int width, long value) {
    bus.write(base + offset, width, value);
  }
}
