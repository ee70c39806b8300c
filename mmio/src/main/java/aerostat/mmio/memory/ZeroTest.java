package aerostat.mmio.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Whether memory is all zeros, at memory speed. */
public final class ZeroTest {
  private static final int BLOCK = 4096;
  private static final MemorySegment ZEROS = Arena.global().allocate(BLOCK, 64).asReadOnly();

  private ZeroTest() {}

  /**
   * Tests [offset, offset + length).
   *
   * @throws IndexOutOfBoundsException if the range is not in the segment
   */
  public static boolean isZero(MemorySegment segment, long offset, long length) {
    long end = offset + length;
    long at = offset;
    for (; at + BLOCK <= end; at += BLOCK) {
      if (!isBlockZero(segment, at)) {
        return false;
      }
    }
    for (; at + 8 <= end; at += 8) {
      if (segment.get(JAVA_LONG_UNALIGNED, at) != 0) {
        return false;
      }
    }
    for (; at < end; at++) {
      if (segment.get(JAVA_BYTE, at) != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Compares with a block of zeros that stays in the first cache: the JDK's comparison is vector
   * code, also before the optimising compiler came by, and ends at the first difference. One word
   * is looked at first, since most pages in use are not zero there.
   */
  private static boolean isBlockZero(MemorySegment segment, long offset) {
    return segment.get(JAVA_LONG_UNALIGNED, offset) == 0
        && MemorySegment.mismatch(segment, offset, offset + BLOCK, ZEROS, 0, BLOCK) < 0;
  }
}
