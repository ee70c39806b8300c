package aerostat.mmio.virtio;

/**
 * Which virtio-mmio a device is behind.
 *
 * @param legacy version 1 of the registers (4.2.4) instead of version 2
 * @param pfnReset a 0 in QueuePFN resets the whole device, as in QEMU, not only its queue (MMIO-05)
 */
public record VirtioMmioOptions(boolean legacy, boolean pfnReset) {
  /** Version 2. */
  public static final VirtioMmioOptions DEFAULT = new VirtioMmioOptions(false, false);

  /** Version 1, by the standard. */
  public static final VirtioMmioOptions LEGACY = new VirtioMmioOptions(true, false);

  public VirtioMmioOptions {
    if (pfnReset && !legacy) {
      throw new IllegalArgumentException("virtio-mmio: x-pfn-reset is nothing without legacy");
    }
  }

  /** As on the command line: the same for equal options. */
  @Override
  public String toString() {
    return "legacy=" + word(legacy) + ",x-pfn-reset=" + word(pfnReset);
  }

  private static String word(boolean on) {
    return on ? "on" : "off";
  }
}
