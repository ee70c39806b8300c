package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.U32;
import static aerostat.mmio.virtio.TransportState.U64;

import java.lang.foreign.MemorySegment;

/** DeviceFeatures and DriverFeatures, in windows of 32 bits. */
final class FeatureRegisters {
  private final VirtioDevice device;
  private final MemorySegment state;

  FeatureRegisters(VirtioDevice device, MemorySegment state) {
    this.device = device;
    this.state = state;
  }

  /** The chosen window of what is offered. */
  int offered() {
    int select = state.get(U32, TransportState.DEVICE_FEATURES_SEL);
    return window(TransportState.offered(device), select);
  }

  /**
   * Takes the chosen window of what the driver wants, masked with the offer (UAPI-03).
   *
   * @param fixed whether FEATURES_OK is set, after which nothing changes
   * @return whether the driver had a right to it
   */
  boolean write(int value, boolean fixed) {
    if (fixed) {
      return false;
    }
    long offered = TransportState.offered(device);
    int select = state.get(U32, TransportState.DRIVER_FEATURES_SEL);
    if (select == 0 || select == 1) {
      long shift = 32L * select;
      long kept = state.get(U64, TransportState.DRIVER_FEATURES) & ~(0xffff_ffffL << shift);
      long set = Integer.toUnsignedLong(value) << shift & offered;
      state.set(U64, TransportState.DRIVER_FEATURES, kept | set);
    }
    return (value & ~window(offered, select)) == 0;
  }

  /** FEATURES_OK: puts the driver's set in force (MMIO-06), unless the device refuses it. */
  boolean agree() {
    long features = state.get(U64, TransportState.DRIVER_FEATURES);
    if (!acceptable(features, device)) {
      return false;
    }
    state.set(U64, TransportState.FEATURES, features);
    return true;
  }

  /** VERSION_1 is what makes a driver a version 2 driver; the rest is the device's to judge. */
  static boolean acceptable(long features, VirtioDevice device) {
    return (features & Virtio.F_VERSION_1) != 0 && device.acceptsFeatures(features);
  }

  private static int window(long bits, int select) {
    return switch (select) {
      case 0 -> (int) bits;
      case 1 -> (int) (bits >>> 32);
      default -> 0;
    };
  }
}
