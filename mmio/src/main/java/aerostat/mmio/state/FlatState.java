package aerostat.mmio.state;

import java.lang.foreign.MemorySegment;

/**
 * SKELETON (owner: mmio-memory). The one small segment that holds all vCPU and device state.
 * Components take a named slice when the machine is built, keep their state IN it (no shadow
 * fields), and learn of a restore.
 */
public final class FlatState {
  /**
   * Takes the next slice (8-aligned, zeroed).
   *
   * @param name unique, part of the layout digest
   * @param version of this component's layout
   * @param restored run after another state was copied in, to rebuild derived host state; may throw
   *     {@link StateRefusedException} on a state it cannot accept
   */
  public MemorySegment slice(String name, int version, int bytes, Runnable restored) {
    throw new UnsupportedOperationException();
  }

  /** No more slices; returns the exact number of bytes used. */
  public int seal() {
    throw new UnsupportedOperationException();
  }

  /** The sealed bytes. */
  public MemorySegment segment() {
    throw new UnsupportedOperationException();
  }

  /** A digest over names, versions and sizes of the slices. */
  public long layoutDigest() {
    throw new UnsupportedOperationException();
  }

  public byte[] save() {
    throw new UnsupportedOperationException();
  }

  public void restore(byte[] saved) {
    throw new UnsupportedOperationException();
  }
}
