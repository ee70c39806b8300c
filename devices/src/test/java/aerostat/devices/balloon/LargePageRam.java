package aerostat.devices.balloon;

import aerostat.mmio.memory.RamBackend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** RAM of a host with large pages, which keeps a list of what it was told to discard. */
final class LargePageRam implements RamBackend {
  /**
   * @param offset from the start of RAM
   */
  record Discard(long offset, long length) {}

  /** Before each discard; may throw. */
  Runnable beforeDiscard = () -> {};

  final List<Discard> discards = new ArrayList<>();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment;
  private final int hostPage;

  LargePageRam(long size, int hostPage) {
    this.segment = arena.allocate(size, hostPage);
    this.hostPage = hostPage;
  }

  @Override
  public String kind() {
    return "large pages";
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  @Override
  public int hostPageSize() {
    return hostPage;
  }

  @Override
  public void discard(long offset, long length) {
    if (((offset | length) & (hostPage - 1)) != 0) {
      throw new AssertionError("misaligned discard at " + offset + " of " + length);
    }
    beforeDiscard.run();
    discards.add(new Discard(offset, length));
    segment.asSlice(offset, length).fill((byte) 0);
  }

  @Override
  public long residentBytes() {
    return segment.byteSize();
  }

  @Override
  public void close() {
    arena.close();
  }
}
