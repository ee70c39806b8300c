package aerostat.mmio.bus;

/**
 * A device behind MMIO registers. Called with the machine lock held. Must never throw for any
 * input.
 */
public interface MmioDevice {
  /**
   * Reads {@code width} (1, 2, 4, 8) bytes at {@code offset} from the device's base; little-endian,
   * zero-extended.
   */
  long read(long offset, int width);

  void write(long offset, int width, long value);
}
