package aerostat.tools.fuzz;

/** The events of one input, for those who want to read them. */
public interface FuzzLog {
  /** Nobody listens. */
  FuzzLog OFF =
      new FuzzLog() {
        @Override
        public boolean on() {
          return false;
        }

        @Override
        public void say(String event) {}
      };

  /** Whether to make the text at all. */
  boolean on();

  void say(String event);
}
