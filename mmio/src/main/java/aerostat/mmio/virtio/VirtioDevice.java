package aerostat.mmio.virtio;

/**
 * A device behind a virtio transport: what it offers, its config space, and what it does with queue
 * elements. All calls come with the machine lock held.
 */
public interface VirtioDevice {
  /** Device type, register DeviceID. */
  int deviceId();

  /** Offered features of the device type (bits 0-23 and 50-63); the transport adds its own. */
  long offeredFeatures();

  /** Bits of {@link Virtio#TRANSPORT_OPTIONS} that the transport is to offer; fixed. */
  default long transportOptions() {
    return Virtio.F_INDIRECT_DESC | Virtio.F_EVENT_IDX;
  }

  /** Number of queue indexes, holes included; fixed. */
  int queueCount();

  /** Largest size of a queue, a power of two; 0 where there is no such queue. Fixed. */
  int queueSizeMax(int queue);

  /** Bytes of config space; fixed by what is offered (UAPI-11). */
  int configSize();

  /**
   * Reads {@code width} (1, 2 or 4) bytes at an aligned offset within the config space,
   * little-endian.
   */
  int readConfig(int offset, int width);

  /** Writes within the config space; what the driver may not write is ignored. */
  void writeConfig(int offset, int width, int value);

  /** Takes the device's side of the transport; once, before anything else. */
  void attach(VirtioPort port);

  /** Whether the device accepts this subset of what was offered (FEATURES_OK, BASE-DEV-07). */
  default boolean acceptsFeatures(long features) {
    return true;
  }

  /**
   * Handles at most one element of a queue: pops, acts, pushes or keeps.
   *
   * @return whether an element was found
   * @throws QueueViolation for an element that the driver had no right to send
   */
  boolean handle(int queue, Virtqueue virtqueue);

  /** Whether to look at the queue again without a notification (DEV-14). */
  default boolean polls(int queue) {
    return false;
  }

  /**
   * Whether an element of this queue takes less time than waking the device's thread: then the
   * vCPU's thread, which waits for the answer, does it within the notification.
   */
  default boolean isPrompt(int queue) {
    return false;
  }

  /**
   * Whether device-writable descriptors of this queue only name address ranges, which the device
   * clips itself and never writes (hints: EDGE-50, reports: DEV-30).
   */
  default boolean writableAreRanges(int queue) {
    return false;
  }

  /** The driver disabled the queue; elements that the device still held are gone. */
  default void queueStopped(int queue) {}

  /** DRIVER_OK was set. */
  default void driverReady() {}

  /** Device reset: the transport's own state, queues included, is reset after this call. */
  void reset();

  /**
   * Bits of InterruptStatus that a config change sets. The specification asks for bit 1 alone; QEMU
   * sets both, which is a spurious but legal look at the queues (DEV-12).
   */
  default int configInterruptBits() {
    return Virtio.INTERRUPT_CONFIG;
  }
}
