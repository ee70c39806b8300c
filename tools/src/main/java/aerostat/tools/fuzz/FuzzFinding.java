package aerostat.tools.fuzz;

import org.jspecify.annotations.Nullable;

/** A property that did not hold. */
public final class FuzzFinding extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String property;

  /**
   * @param property short name: findings of one property at one place count as the same
   * @param detail what was seen instead
   */
  public FuzzFinding(String property, String detail) {
    this(property, detail, null);
  }

  public FuzzFinding(String property, String detail, @Nullable Throwable cause) {
    super(property + ": " + detail, cause);
    this.property = property;
  }

  /** What tells this finding from others: the property, and where an exception came from. */
  public String signature() {
    Throwable cause = getCause();
    if (cause == null) {
      return property;
    }
    StackTraceElement[] trace = cause.getStackTrace();
    String where =
        trace.length == 0 ? "" : " at " + trace[0].getClassName() + "." + trace[0].getMethodName();
    return property + " " + cause.getClass().getSimpleName() + where;
  }
}
