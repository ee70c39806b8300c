package aerostat.vmm.machine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.mmio.memory.PageOwners;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A 64-bit hash over all that a guest is: every RAM page, then registers and device state. Not
 * cryptographic; four lanes in the manner of xxHash, at memory speed, and each step of a lane is a
 * bijection of the word it takes, so that any one changed word changes the hash.
 */
final class RamHash {
  private static final long PRIME1 = 0x9e37_79b1_85eb_ca87L;
  private static final long PRIME2 = 0xc2b2_ae3d_27d4_eb4fL;
  private static final long PRIME3 = 0x1656_67b1_9e37_79f9L;
  private static final ValueLayout.OfLong LONG =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int PAGE = GuestMemory.PAGE_SIZE;

  private RamHash() {}

  /**
   * The hash.
   *
   * @param everything whether pages that the host holds count with their bytes, not their owner
   * @return 16 hexadecimal digits
   */
  static String of(GuestMemory memory, MemorySegment state, boolean everything) {
    MemorySegment owners = memory.owners().states();
    PageBitmap absent = absent(memory);
    long hash = PRIME3;
    for (long page = 0; page < memory.pages(); page++) {
      byte owner = owners.get(JAVA_BYTE, page);
      long part =
          everything || owner == PageOwners.GUEST
              ? absent.get(page) ? 0 : page(memory, page)
              : owner * PRIME3;
      hash = step(hash, part);
    }
    for (long at = 0; at < state.byteSize(); at += 8) {
      hash = step(hash, state.get(LONG, at));
    }
    return "%016x".formatted(finish(hash));
  }

  /** Pages not to be looked at: a look would make the host provide them. */
  private static PageBitmap absent(GuestMemory memory) {
    // What is absent because it is still with its source is no zero.
    return memory.gate() == null ? memory.absentPages() : new PageBitmap(memory.pages());
  }

  /** A page of zeros costs no more than a look. */
  private static long page(GuestMemory memory, long page) {
    return memory.isZero(GuestMemory.RAM_BASE + page * PAGE, PAGE)
        ? 0
        : page(memory.segment(), page * PAGE);
  }

  private static long page(MemorySegment ram, long start) {
    long a = PRIME1;
    long b = PRIME2;
    long c = 0;
    long d = PRIME3;
    for (int at = 0; at < PAGE; at += 32) {
      a = step(a, ram.get(LONG, start + at));
      b = step(b, ram.get(LONG, start + at + 8));
      c = step(c, ram.get(LONG, start + at + 16));
      d = step(d, ram.get(LONG, start + at + 24));
    }
    return Long.rotateLeft(a, 1)
        + Long.rotateLeft(b, 7)
        + Long.rotateLeft(c, 12)
        + Long.rotateLeft(d, 18);
  }

  private static long step(long lane, long word) {
    return Long.rotateLeft(lane + word * PRIME2, 31) * PRIME1;
  }

  private static long finish(long hash) {
    long h = (hash ^ (hash >>> 33)) * PRIME2;
    h = (h ^ (h >>> 29)) * PRIME3;
    return h ^ (h >>> 32);
  }
}
