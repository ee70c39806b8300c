package aerostat.mmio.virtio;

/** The driver broke a rule of the ring; the device is broken until reset (DEV-32). */
public final class QueueViolation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueueViolation(String message) {
    super(message, null, false, false);
  }
}
