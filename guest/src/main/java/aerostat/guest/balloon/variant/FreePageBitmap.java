package aerostat.guest.balloon.variant;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.load8;
import static aerostat.guest.machine.Memory.store64;
import static aerostat.guest.machine.Memory.store8;

import aerostat.guest.machine.Memory;
import aerostat.guest.mm.FreeBlocks;
import aerostat.guest.mm.Zone;

/**
 * A bitmap of free pages and what belongs to it: +0 address, +8 bytes, +16 first pfn, +24 pages
 * found free. Bit {@code i & 7} of byte {@code i >> 3} is page {@code first + i} (BITMAP-05).
 */
record FreePageBitmap(long address) {
  static final int SIZE = 32;

  /** Bits of an unsigned long, to which bitmaps are rounded up. */
  private static final int BITS_PER_LONG = 64;

  /** Bytes of a bitmap of all page frames from 0 on (BITMAP-04). */
  static long bytesForAll() {
    long maxPfn = Zone.normal().startPfn() + Zone.normal().spannedPages();
    maxPfn += Zone.movable().spannedPages();
    return (maxPfn + BITS_PER_LONG - 1) / BITS_PER_LONG * 8;
  }

  long bits() {
    return load64(address);
  }

  long bytes() {
    return load64(address + 8);
  }

  void set(long bits, long bytes) {
    store64(address, bits);
    store64(address + 8, bytes);
  }

  long first() {
    return load64(address + 16);
  }

  long found() {
    return load64(address + 24);
  }

  /** mark_free_pages_bitmap: the bits are zero; the caller holds the lock of each zone. */
  void build(long firstPfn) {
    store64(address + 16, firstPfn);
    store64(address + 24, 0);
    for (Zone zone = Zone.normal(); zone != null; zone = zone.next()) {
      var unused = FreeBlocks.eachLocked(zone, FreePageBitmap::mark, address);
    }
  }

  /** Sets the bits of one block, as far as they are in the bitmap. */
  static int mark(long pfn, long count, long data) {
    FreePageBitmap map = new FreePageBitmap(data);
    long limit = map.bytes() * 8;
    long from = pfn - map.first();
    long to = Math.min(from + count, limit);
    from = Math.max(from, 0);
    if (from < to) {
      map.setBits(from, to);
      store64(data + 24, map.found() + to - from);
    }
    return 0;
  }

  /** A block of 8 pages and more is whole bytes, a smaller one lies in one byte. */
  private void setBits(long from, long to) {
    long at = bits() + (from >> 3);
    if (to - from >= 8) {
      Memory.fill(at, (to - from) >> 3, 0xff);
    } else {
      int mask = ((1 << (int) (to - from)) - 1) << (int) (from & 7);
      store8(at, load8(at) | mask);
    }
  }
}
