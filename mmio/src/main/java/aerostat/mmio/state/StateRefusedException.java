package aerostat.mmio.state;

import org.jspecify.annotations.Nullable;

/** A saved state that this machine cannot take: wrong layout, or values out of range. */
public final class StateRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StateRefusedException(String message) {
    super(message);
  }

  public StateRefusedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
