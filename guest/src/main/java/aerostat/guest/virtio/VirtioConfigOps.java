package aerostat.guest.virtio;

/** What a transport does for a device (Linux's struct virtio_config_ops). Ops interface. */
public interface VirtioConfigOps {
  /** 32-bit field of the device's configuration space. */
  int get32(VirtioDevice device, int offset);

  void set32(VirtioDevice device, int offset, int value);

  int status(VirtioDevice device);

  void setStatus(VirtioDevice device, int status);

  /** Resets the device and waits until it says so (BASE-DRV-13); if it never does, it is lost. */
  void reset(VirtioDevice device);

  /** Tells the device what the transport must say before all else, anew after a suspend. */
  void resume(VirtioDevice device);

  /** All 64 feature bits that the device offers. */
  long features(VirtioDevice device);

  /** Drops what the rings cannot do, then tells the device the features. 0, or an error. */
  int finalizeFeatures(VirtioDevice device);

  /**
   * Sets up the queues of {@code count} infos; those without a name are left out. 0, or an error,
   * and then none is left.
   */
  int findVqs(VirtioDevice device, VirtqueueInfo infos, int count);

  /** Has the device reset the queue, and let go of its buffers. 0, or an error. */
  int disableVqAndReset(Virtqueue queue);

  /** Sets a queue up that was reset, as when it was found. 0, or an error. */
  int enableVqAfterReset(Virtqueue queue);

  /** Tells the device that the queue has new buffers. */
  void notify(Virtqueue queue);

  /** Deletes all queues of the device. */
  void delVqs(VirtioDevice device);
}
