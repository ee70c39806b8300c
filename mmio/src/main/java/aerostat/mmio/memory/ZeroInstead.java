package aerostat.mmio.memory;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.LoggerFactory;

/** What discard does where the host cannot take pages back: zeros them, and says so once. */
final class ZeroInstead {
  private final String kind;
  private final AtomicBoolean warned = new AtomicBoolean();

  ZeroInstead(String kind) {
    this.kind = kind;
  }

  void zero(MemorySegment segment, long offset, long length, int errno) {
    zero(segment, offset, length, Libc.describe(errno));
  }

  void zero(MemorySegment segment, long offset, long length, String reason) {
    segment.asSlice(offset, length).fill((byte) 0);
    if (warned.compareAndSet(false, true)) {
      LoggerFactory.getLogger(ZeroInstead.class)
          .warn("discarded pages of {} memory are zeroed, not given back: {}", kind, reason);
    }
  }
}
