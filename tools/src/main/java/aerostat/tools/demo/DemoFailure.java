package aerostat.tools.demo;

/** A step did not give what it should; the message says which and what was seen. */
final class DemoFailure extends Exception {
  private static final long serialVersionUID = 1;

  DemoFailure(String message) {
    super(message);
  }
}
