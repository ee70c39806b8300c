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
}
