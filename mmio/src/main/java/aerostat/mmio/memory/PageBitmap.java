package aerostat.mmio.memory;

/**
 * SKELETON (owner: mmio-memory). A bit a page, index 0 = page at RAM_BASE; safe for one sender and
 * hint threads.
 */
public final class PageBitmap {
  public PageBitmap(long pages) {
    throw new UnsupportedOperationException();
  }

  public long pages() {
    throw new UnsupportedOperationException();
  }

  public void setAll() {
    throw new UnsupportedOperationException();
  }

  /**
   * Clears bits [from, to).
   *
   * @return how many went from 1 to 0
   */
  public long clearRange(long from, long to) {
    throw new UnsupportedOperationException();
  }

  public void setRange(long from, long to) {
    throw new UnsupportedOperationException();
  }

  public boolean get(long page) {
    throw new UnsupportedOperationException();
  }

  public boolean testAndClear(long page) {
    throw new UnsupportedOperationException();
  }

  /** First set bit at or after {@code from}, or -1. */
  public long nextSet(long from) {
    throw new UnsupportedOperationException();
  }

  /** First clear bit at or after {@code from}, or pages(). */
  public long nextClear(long from) {
    throw new UnsupportedOperationException();
  }

  public long cardinality() {
    throw new UnsupportedOperationException();
  }
}
