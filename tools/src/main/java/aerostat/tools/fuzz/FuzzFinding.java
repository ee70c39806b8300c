package aerostat.tools.fuzz;

import org.jspecify.annotations.Nullable;

/** A property that did not hold. */
public final class FuzzFinding extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final String OURS = "aerostat.tools.fuzz.";

  private final String property;
  private final boolean slow;
  private byte @Nullable [] input;

  /**
   * @param property short name: findings of one property at one place count as the same
   * @param detail what was seen instead
   */
  public FuzzFinding(String property, String detail) {
    this(property, detail, null);
  }

  public FuzzFinding(String property, String detail, @Nullable Throwable cause) {
    this(property, detail, cause, false);
  }

  private FuzzFinding(String property, String detail, @Nullable Throwable cause, boolean slow) {
    super(property + ": " + detail, cause);
    this.property = property;
    this.slow = slow;
  }

  /** Something was waited for so long that nobody wants to wait for it again to learn more. */
  public static FuzzFinding hang(String detail) {
    return new FuzzFinding("hang", detail, null, true);
  }

  /** Whatever else an input made something throw. */
  static FuzzFinding of(Throwable thrown) {
    return thrown instanceof FuzzFinding finding
        ? finding
        : new FuzzFinding("exception", thrown.toString(), thrown);
  }

  /** This finding, of an input that ran earlier. */
  FuzzFinding of(byte[] guilty) {
    input = guilty;
    return this;
  }

  /** The input that did it; null: the one that was run last. */
  byte @Nullable [] input() {
    return input;
  }

  String property() {
    return property;
  }

  /** Whether one more run of the input may take a minute, or for ever. */
  boolean slow() {
    return slow;
  }

  /**
   * What tells this finding from others: the property, and where an exception came from, or else
   * the method that noticed. Without numbers of lines, so that it outlives an edit.
   */
  public String signature() {
    Throwable cause = getCause();
    if (slow) {
      return property; // the place is chance
    }
    if (cause == null) {
      return property + noticed();
    }
    StackTraceElement[] trace = cause.getStackTrace();
    boolean anywhere = trace.length == 0 || cause instanceof VirtualMachineError;
    return property + " " + cause.getClass().getSimpleName() + (anywhere ? "" : at(trace[0]));
  }

  private String noticed() {
    for (StackTraceElement frame : getStackTrace()) {
      boolean helper = frame.getMethodName().startsWith("require");
      if (frame.getClassName().startsWith(OURS) && !helper) {
        return at(frame);
      }
    }
    return "";
  }

  private static String at(StackTraceElement frame) {
    return " at " + frame.getClassName() + "." + frame.getMethodName();
  }
}
