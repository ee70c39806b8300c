package aerostat.devices.balloon;

import aerostat.mmio.memory.GuestMemory;
import java.util.BitSet;

/**
 * Collects inflated balloon pages into pages of the host, which may be larger (DEV-05): only a
 * whole one can be discarded, and only when all of it comes in one element, one host page after the
 * other. What is left of others is dropped: an older element's pages may be in use again by the
 * time the rest comes (EDGE-12).
 */
final class HostPages {
  /** Takes whole host pages. */
  interface Sink {
    /**
     * Takes a run of them.
     *
     * @param gpa of the first byte
     * @param length a multiple of the host's page
     */
    void discard(long gpa, long length);
  }

  private final long hostPage;
  private final Sink sink;
  private final BitSet parts = new BitSet();

  /** The host page that the parts are of; -1 for none. */
  private long current = -1;

  /**
   * @param hostPage bytes, a power of two, at least 4096
   */
  HostPages(long hostPage, Sink sink) {
    this.hostPage = hostPage;
    this.sink = sink;
  }

  /** A new element: parts of the last one do not count. */
  void begin() {
    current = -1;
  }

  /** Neighbouring balloon pages in writable RAM, in the order in which they came. */
  void add(long gpa, long length) {
    long end = gpa + length;
    long whole = (gpa + hostPage - 1) & -hostPage;
    long wholeEnd = end & -hostPage;
    if (whole >= wholeEnd) {
      for (long at = gpa; at < end; ) {
        long stop = Math.min(end, (at & -hostPage) + hostPage);
        part(at, stop);
        at = stop;
      }
      return;
    }
    if (gpa < whole) {
      part(gpa, whole);
    }
    sink.discard(whole, wholeEnd - whole);
    current = -1;
    if (wholeEnd < end) {
      part(wholeEnd, end);
    }
  }

  private void part(long from, long to) {
    long page = from & -hostPage;
    if (page != current) {
      current = page;
      parts.clear();
    }
    parts.set(
        (int) ((from - page) >>> GuestMemory.PAGE_SHIFT),
        (int) ((to - page) >>> GuestMemory.PAGE_SHIFT));
    if (parts.cardinality() == hostPage >>> GuestMemory.PAGE_SHIFT) {
      sink.discard(page, hostPage);
      current = -1;
    }
  }
}
