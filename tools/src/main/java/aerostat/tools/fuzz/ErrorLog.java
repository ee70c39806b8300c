package aerostat.tools.fuzz;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/**
 * Errors that the VMM logs, whether or not they are shown. "Error" means that the VMM failed, and
 * no input may make it do so: an exception that a device model's caller has caught is a finding.
 */
public final class ErrorLog {
  private static final class Watcher extends TurboFilter {
    @Override
    public FilterReply decide(
        @Nullable Marker marker,
        Logger logger,
        Level level,
        @Nullable String format,
        Object @Nullable [] parameters,
        @Nullable Throwable thrown) {
      if (level == Level.ERROR && logger.getName().startsWith("aerostat.")) {
        FirstError found = FIRST.get();
        if (found.text == null) {
          found.logger = logger.getName();
          found.text = logger.getName() + ": " + format;
          found.cause = thrown != null ? thrown : lastThrowable(parameters);
        }
      }
      return FilterReply.NEUTRAL;
    }

    private static @Nullable Throwable lastThrowable(Object @Nullable [] parameters) {
      return parameters != null
              && parameters.length > 0
              && parameters[parameters.length - 1] instanceof Throwable last
          ? last
          : null;
    }
  }

  /** The first error of this input. */
  private static final class FirstError {
    private String logger = "";
    private @Nullable String text;
    private @Nullable Throwable cause;
  }

  private static final ThreadLocal<FirstError> FIRST = ThreadLocal.withInitial(FirstError::new);
  private static boolean watching;

  private ErrorLog() {}

  /** From here on errors are noticed, on the thread that makes them. */
  public static synchronized void watch() {
    if (!watching && LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.addTurboFilter(new Watcher());
      watching = true;
    }
  }

  /** A new input. */
  public static void clear() {
    FirstError error = FIRST.get();
    error.text = null;
    error.cause = null;
  }

  /**
   * Looks for one.
   *
   * @throws FuzzFinding if this thread has logged an error since {@link #clear}
   */
  public static void check() {
    FirstError error = FIRST.get();
    if (error.text != null) {
      String property = error.cause == null ? "error of " + error.logger : "error";
      FuzzFinding finding = new FuzzFinding(property, error.text, error.cause);
      clear();
      throw finding;
    }
  }
}
