package aerostat.tools.child;

/** A step did not give what it should; the message says which and what was seen. */
public final class ChildFailure extends Exception {
  private static final long serialVersionUID = 1;

  public ChildFailure(String message) {
    super(message);
  }
}
