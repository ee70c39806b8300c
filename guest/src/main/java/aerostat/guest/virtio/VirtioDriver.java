package aerostat.guest.virtio;

/** A virtio driver's entry points (Linux's struct virtio_driver). Ops interface. */
public interface VirtioDriver {
  /** The driver's name, as in Linux's messages. */
  String name();

  /** DeviceID that it drives. */
  int deviceId();

  /** Mask of the device-type feature bits that it knows. */
  long featureTable();

  /**
   * Looks at the negotiated features before FEATURES_OK and may clear some. 0, or a negative error.
   */
  default int validate(VirtioDevice device) {
    return 0;
  }

  /** Sets the device up, in process context. 0, or a negative error. */
  int probe(VirtioDevice device);

  /** Takes the device down again, in process context. */
  void remove(VirtioDevice device);

  /** The device's configuration has changed. Called with interrupts off. */
  default void configChanged(VirtioDevice device) {}

  /** Before a suspend: lets go of the device, whose state is lost in it. In process context. */
  default void freeze(VirtioDevice device) {}

  /** After a suspend: the features are negotiated as before. 0, or a negative error. */
  default int restore(VirtioDevice device) {
    return 0;
  }

  /** Before the power goes off: comes to rest, while the device still answers. */
  default void shutdown(VirtioDevice device) {}
}
