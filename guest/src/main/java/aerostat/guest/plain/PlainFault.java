package aerostat.guest.plain;

/** The plain machine's guest fault: a panic, a bad block, a sleep without end. */
public final class PlainFault extends RuntimeException {
  private static final long serialVersionUID = 1;

  public PlainFault(String message) {
    super(message);
  }
}
