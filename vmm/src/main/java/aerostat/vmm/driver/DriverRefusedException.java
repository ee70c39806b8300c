package aerostat.vmm.driver;

/** The sources are no variant of the driver; the message says why, for their author. */
public final class DriverRefusedException extends Exception {
  private static final long serialVersionUID = 1;

  DriverRefusedException(String message) {
    super(message);
  }
}
