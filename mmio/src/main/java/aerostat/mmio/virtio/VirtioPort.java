package aerostat.mmio.virtio;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.trace.Trace;

/** What a device may ask of its transport. All calls need the machine lock. */
public interface VirtioPort {
  /** Name of the instance in logs and traces. */
  String name();

  GuestMemory memory();

  Trace trace();

  /** Negotiated features; 0 before FEATURES_OK. */
  long features();

  /** DRIVER_OK is set, and the device is not broken. */
  boolean driverOk();

  Virtqueue queue(int queue);

  /** Raises the used buffer interrupt if the driver asked for it after {@code push}. */
  void pushed(int queue, boolean notify);

  /**
   * The config space has changed: new generation, and an interrupt if the driver is ready (DEV-12).
   */
  void configChanged();

  /** Breaks the device until it is reset (DEV-32). */
  void needsReset(String reason);

  /** Looks at a queue soon. */
  void kick(int queue);
}
