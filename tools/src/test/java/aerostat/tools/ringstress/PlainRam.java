package aerostat.tools.ringstress;

import aerostat.guest.plain.PlainMachine;
import aerostat.mmio.memory.RamBackend;
import java.lang.foreign.MemorySegment;

/** The plain machine's RAM as a device sees it. */
final class PlainRam implements RamBackend {
  @Override
  public String kind() {
    return "plain";
  }

  @Override
  public MemorySegment segment() {
    return PlainMachine.ram();
  }

  @Override
  public int hostPageSize() {
    return 4096;
  }

  @Override
  public void discard(long offset, long length) {
    segment().asSlice(offset, length).fill((byte) 0);
  }

  @Override
  public long residentBytes() {
    return segment().byteSize();
  }

  @Override
  public void close() {}
}
