package aerostat.guest.virtio;

/** Called for each buffer that a device did not use before its queue was reset. Ops interface. */
public interface VirtqueueRecycle {
  /**
   * Takes one back.
   *
   * @param data the driver's token for the buffer
   */
  void recycle(Virtqueue q, long data);
}
