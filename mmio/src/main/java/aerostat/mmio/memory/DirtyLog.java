package aerostat.mmio.memory;

import java.lang.foreign.MemorySegment;

/**
 * SKELETON (owner: mmio-memory). One card byte a page; KVM's contract: log since the last harvest.
 */
public final class DirtyLog {
  /**
   * The cards, one byte a page from RAM_BASE, off-heap, 8-aligned. The vCPU stores (byte) 1 with
   * release order.
   */
  public MemorySegment cards() {
    throw new UnsupportedOperationException();
  }

  /** Marks all pages that [gpa, gpa+length) touches, after their data was written. */
  public void mark(long gpa, long length) {
    throw new UnsupportedOperationException();
  }

  /**
   * Moves the log into {@code into} (OR), atomically get-and-clear by words, then a full fence.
   *
   * @return how many bits of {@code into} went from 0 to 1
   */
  public long harvest(PageBitmap into) {
    throw new UnsupportedOperationException();
  }

  /** Forgets everything logged. */
  public void clear() {
    throw new UnsupportedOperationException();
  }
}
