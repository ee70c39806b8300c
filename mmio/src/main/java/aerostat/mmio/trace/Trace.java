package aerostat.mmio.trace;

/**
 * Where events go; one event a line, in the format of {@link TraceLine} (docs/trace-format.md).
 *
 * <p>A component asks {@link #on()} before it formats anything, so a trace that is off costs one
 * branch.
 */
public interface Trace {
  Trace OFF =
      new Trace() {
        @Override
        public boolean on() {
          return false;
        }

        @Override
        public void event(String line) {}
      };

  /** Whether events are wanted now; may change while the machine runs. */
  boolean on();

  /**
   * One event, without time stamp and line end: {@code component event key=value …}. Called under
   * the machine lock, so it must not block for long.
   */
  void event(String line);
}
