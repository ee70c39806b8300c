package aerostat.vmm.monitor;

/** An error that a command answers with: QEMU's error class and a sentence for people. */
public final class QmpException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** QEMU's classes; clients compare their names. */
  public enum ErrorClass {
    GenericError,
    CommandNotFound,
    DeviceNotActive,
    DeviceNotFound
  }

  private final ErrorClass errorClass;

  public QmpException(ErrorClass errorClass, String message) {
    super(message, null, false, false);
    this.errorClass = errorClass;
  }

  public ErrorClass errorClass() {
    return errorClass;
  }

  static QmpException generic(String message) {
    return new QmpException(ErrorClass.GenericError, message);
  }
}
