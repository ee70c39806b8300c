package aerostat.mmio.memory;

/**
 * A guest-physical range that no RAM backs, or that the access may not touch (the image is
 * read-only).
 */
public final class GuestAddressException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GuestAddressException(String message) {
    super(message);
  }

  static GuestAddressException outsideRam(long gpa, long length) {
    return new GuestAddressException(describe(gpa, length) + " is not in RAM");
  }

  static GuestAddressException readOnly(long gpa, long length) {
    return new GuestAddressException(describe(gpa, length) + " touches the read-only image");
  }

  static GuestAddressException misaligned(long gpa, int width) {
    return new GuestAddressException(describe(gpa, width) + " is not aligned to its size");
  }

  private static String describe(long gpa, long length) {
    return "0x%x+0x%x".formatted(gpa, length);
  }
}
