package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.U32;
import static aerostat.mmio.virtio.TransportState.U64;

import java.lang.foreign.MemorySegment;

/** DeviceFeatures and DriverFeatures, in windows of 32 bits. */
final class FeatureRegisters {
  private final VirtioDevice device;
  private final MemorySegment state;
  private final boolean legacy;

  /**
   * @param legacy whether there is one window only
   */
  FeatureRegisters(VirtioDevice device, MemorySegment state, boolean legacy) {
    this.device = device;
    this.state = state;
    this.legacy = legacy;
  }

  /** All that a driver may accept; ANY_LAYOUT and NOTIFY_ON_EMPTY as QEMU (FEAT-LEG-01, -03). */
  private long all() {
    long own = device.transportOptions() | device.offeredFeatures();
    return legacy
        ? (own & 0xffff_ffffL) | Virtio.F_ANY_LAYOUT | Virtio.F_NOTIFY_ON_EMPTY
        : own | Virtio.F_VERSION_1;
  }

  /** The chosen window of what is offered. */
  int offered() {
    int select = state.get(U32, TransportState.DEVICE_FEATURES_SEL);
    return window(all(), select);
  }

  /**
   * Takes the chosen window of what the driver wants, masked with the offer (UAPI-03).
   *
   * @param fixed whether the features are agreed, after which nothing changes
   * @return whether the driver had a right to it
   */
  boolean write(int value, boolean fixed) {
    if (fixed) {
      return false;
    }
    long offered = all();
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

  /** Version 1: what the driver has written is in force. */
  void apply() {
    state.set(U64, TransportState.FEATURES, state.get(U64, TransportState.DRIVER_FEATURES));
  }

  /** Version 1: whether the device can do with what is in force; it cannot refuse it. */
  boolean acceptable() {
    return device.acceptsFeatures(state.get(U64, TransportState.FEATURES));
  }

  /** Throws a refusal if no run of version 2 can have left such features behind. */
  void checkAgreed(String name, boolean agreed) {
    long written = checkWritten(name);
    long features = state.get(U64, TransportState.FEATURES);
    boolean possible = agreed ? features == written && acceptable(features, device) : features == 0;
    TransportState.require(name, "features", possible, features);
  }

  /** Throws a refusal if no run of version 1 can have left such features behind. */
  void checkApplied(String name) {
    long features = state.get(U64, TransportState.FEATURES);
    TransportState.require(name, "features", features == checkWritten(name), features);
  }

  private long checkWritten(String name) {
    long written = state.get(U64, TransportState.DRIVER_FEATURES);
    TransportState.require(name, "driver features", (written & ~all()) == 0, written);
    return written;
  }

  /** VERSION_1 is what makes a driver a version 2 driver; the rest is the device's to judge. */
  private static boolean acceptable(long features, VirtioDevice device) {
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
