package aerostat.mmio.memory;

import java.lang.foreign.MemorySegment;

/**
 * SKELETON (owner: mmio-memory). Guest-physical memory: one RAM region whose first pages are the
 * image (ROM).
 */
public final class GuestMemory implements AutoCloseable {
  /**
   * Guest-physical address of the first RAM byte. Page 0 and everything below is never RAM, so null
   * faults.
   */
  public static final long RAM_BASE = 0x4000_0000L;

  public static final int PAGE_SHIFT = 12;
  public static final int PAGE_SIZE = 1 << PAGE_SHIFT;

  /** Bytes of RAM, the image included. */
  public long size() {
    throw new UnsupportedOperationException();
  }

  /** RAM_BASE + size(). */
  public long end() {
    throw new UnsupportedOperationException();
  }

  /**
   * Bytes at the start of RAM that hold the image and refuse stores, hints, reports and discards.
   */
  public long romSize() {
    throw new UnsupportedOperationException();
  }

  /**
   * Puts the image at RAM_BASE and makes [RAM_BASE, RAM_BASE + roundUp(image)) read-only for
   * everybody else.
   */
  public void installRom(byte[] image) {
    throw new UnsupportedOperationException();
  }

  /**
   * The whole mapping, offset 0 = RAM_BASE. Raw: no dirty marks, no ROM check. For the vCPU and
   * migration.
   */
  public MemorySegment segment() {
    throw new UnsupportedOperationException();
  }

  public DirtyLog dirtyLog() {
    throw new UnsupportedOperationException();
  }

  public PageOwners owners() {
    throw new UnsupportedOperationException();
  }

  /** Whether [gpa, gpa+length) lies wholly in RAM (ROM part included). Overflow-safe, unsigned. */
  public boolean contains(long gpa, long length) {
    throw new UnsupportedOperationException();
  }

  /** Whether [gpa, gpa+length) lies wholly in writable RAM. */
  public boolean isWritable(long gpa, long length) {
    throw new UnsupportedOperationException();
  }

  // load8/16/32/64, store8/16/32/64 (little-endian, checked, stores mark dirty), loadAcquire*,
  // storeRelease*

  public void read(long gpa, MemorySegment target, long targetOffset, long length) {
    throw new UnsupportedOperationException();
  }

  public void write(long gpa, MemorySegment source, long sourceOffset, long length) {
    throw new UnsupportedOperationException();
  }

  public void fill(long gpa, long length, byte value) {
    throw new UnsupportedOperationException();
  }

  public boolean isZero(long gpa, long length) {
    throw new UnsupportedOperationException();
  }

  /**
   * Gives the host memory of the whole pages in the range back; they read zero afterwards. Marks
   * them dirty.
   */
  public void discard(long gpa, long length) {
    throw new UnsupportedOperationException();
  }

  /** Bytes of RAM resident in host memory now. */
  public long residentBytes() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
