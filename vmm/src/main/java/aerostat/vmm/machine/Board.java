package aerostat.vmm.machine;

/** Where the devices are in guest-physical space. */
final class Board {
  private Board() {}

  static final long CONSOLE = 0x0900_0000L;
  static final long POWER = 0x0901_0000L;

  /** The first virtio-mmio window. */
  static final long BALLOON = 0x0a00_0000L;

  static final int BALLOON_LINE = 1;
  static final int POWER_LINE = 2;

  /** Windows for virtio-mmio, as on QEMU's virt board; those without a device are empty. */
  static final int VIRTIO_SLOTS = 32;

  /** Bytes of each window. */
  static final long WINDOW = 4096;
}
