package aerostat.mmio.virtio;

/** The device's config space, from 0x100 on: aligned accesses of 8, 16 or 32 bits (MMIO-02). */
final class ConfigWindow {
  /** What {@link #read} returns for an access that breaks a rule. */
  static final long WRONG = -1;

  private final VirtioDevice device;

  ConfigWindow(VirtioDevice device) {
    this.device = device;
  }

  /**
   * @param at offset within the config space
   */
  long read(long at, int width) {
    if (!good(at, width)) {
      return WRONG;
    }
    if (at + width > device.configSize()) {
      return width == 4 ? 0xffff_ffffL : (1L << (8 * width)) - 1; // UAPI-12
    }
    int value = device.readConfig((int) at, width);
    return Integer.toUnsignedLong(value);
  }

  /** As {@link #read}; false if the driver had no right to it. */
  boolean write(long at, int width, long value) {
    if (!good(at, width)) {
      return false;
    }
    if (at + width <= device.configSize()) {
      device.writeConfig((int) at, width, (int) value);
    }
    return true;
  }

  private static boolean good(long at, int width) {
    return (width == 1 || width == 2 || width == 4) && (at & (width - 1)) == 0;
  }
}
