package aerostat.mmio.memory;

/**
 * Stands before guest memory some of whose pages have not arrived yet (postcopy): an access waits
 * here until its pages are there. Thread-safe.
 */
public interface PageGate {
  /**
   * Returns once pages [first, last] are there.
   *
   * @throws IllegalStateException if they never will be
   */
  void await(long first, long last);

  /** Whether a page that is waited for may come: the way to it is there, or none is missing. */
  boolean mayCome();
}
