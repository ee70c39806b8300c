package aerostat.mmio.memory;

import java.lang.foreign.MemorySegment;

/** RAM of this process alone; discarded pages come back as zeros when touched again. */
final class AnonymousRam implements RamBackend {
  private final HostMapping mapping;
  private final ZeroInstead zeroInstead = new ZeroInstead(kind());

  AnonymousRam(long size) {
    mapping = HostMapping.create(size, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
  }

  @Override
  public String kind() {
    return "anonymous";
  }

  @Override
  public MemorySegment segment() {
    return mapping.segment();
  }

  @Override
  public int hostPageSize() {
    return HostMapping.pageSize();
  }

  @Override
  public void discard(long offset, long length) {
    int result = mapping.dontNeed(offset, length);
    if (result < 0) {
      zeroInstead.zero(mapping.segment(), offset, length, -result);
    }
  }

  @Override
  public long residentBytes() {
    return mapping.residentBytes();
  }

  @Override
  public void close() {
    mapping.close();
  }
}
