package aerostat.mmio.memory;

import java.lang.foreign.MemorySegment;

/** What all back ends share: one mapping, and zeroing where the host cannot discard. */
abstract class MappedRam implements RamBackend {
  final HostMapping mapping;
  private final String kind;
  private final ZeroInstead zeroInstead;

  MappedRam(String kind, HostMapping mapping) {
    this.kind = kind;
    this.mapping = mapping;
    this.zeroInstead = new ZeroInstead(kind);
  }

  /**
   * Zeroes the range if the host refused to discard it.
   *
   * @param result of the host call: negative is an errno
   * @return whether the host did it
   */
  final boolean discarded(int result, long offset, long length) {
    if (result < 0) {
      zeroInstead.zero(mapping.segment(), offset, length, -result);
    }
    return result >= 0;
  }

  /** Zeroes the range for a reason of our own. */
  final void zeroInstead(long offset, long length, String reason) {
    zeroInstead.zero(mapping.segment(), offset, length, reason);
  }

  @Override
  public final String kind() {
    return kind;
  }

  @Override
  public final MemorySegment segment() {
    return mapping.segment();
  }

  @Override
  public final int hostPageSize() {
    return HostMapping.pageSize();
  }

  @Override
  public final void prepareWrite(long offset, long length) {
    mapping.populateWrite(offset, length);
  }

  @Override
  public final long residentBytes() {
    return mapping.residentBytes();
  }

  @Override
  public final void close() {
    mapping.close();
  }
}
