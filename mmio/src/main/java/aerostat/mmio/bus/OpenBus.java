package aerostat.mmio.bus;

/** Where no device answers but one could: reads give all ones, writes go nowhere. */
public final class OpenBus implements MmioDevice {
  @Override
  public long read(long offset, int width) {
    return -1L >>> (64 - 8 * width);
  }

  @Override
  public void write(long offset, int width, long value) {}
}
