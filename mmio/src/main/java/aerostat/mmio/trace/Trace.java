package aerostat.mmio.trace;

/** SKELETON (owner: virtio). Where events go; one event a line. {@link #OFF} costs one branch. */
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

  boolean on();

  /**
   * One event, without time stamp and line end: {@code component event key=value …}. Called under
   * the machine lock.
   */
  void event(String line);
}
