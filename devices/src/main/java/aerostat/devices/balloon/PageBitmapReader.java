package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonLayout.U64;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.DescriptorChain;
import aerostat.mmio.virtio.QueueViolation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Reads a bitmap of page frames out of an element, run by run; bit set = the page is meant. */
final class PageBitmapReader {
  private static final int PIECE = 4096;

  private final GuestMemory memory;
  private final MemorySegment piece = Arena.ofAuto().allocate(PIECE, 8);

  PageBitmapReader(GuestMemory memory) {
    this.memory = memory;
  }

  /**
   * Checks what a header says, before a bit is looked at.
   *
   * @param firstPfn of the first bit
   * @param length of the bitmap by the header, bytes
   * @param found bytes that follow the header
   * @throws QueueViolation if they do not agree, or are not of this guest's size
   */
  static void check(GuestMemory memory, long firstPfn, long length, long found) {
    long end = memory.end() >>> GuestMemory.PAGE_SHIFT;
    long longest = ((end + 63) & -64) / 8;
    if (length != found || length % 8 != 0 || length > longest) {
      throw new QueueViolation(
          "bitmap of " + length + " bytes by its header, " + found + " there, " + longest + " max");
    }
    if (firstPfn < 0 || firstPfn > end || firstPfn % 64 != 0) {
      throw new QueueViolation("bitmap from page frame 0x" + Long.toHexString(firstPfn));
    }
  }

  /**
   * Reads a bitmap.
   *
   * @param offset of the bitmap in the readable part
   * @param sink gets runs in rising order, wherever they lie
   * @return bits set
   */
  long read(DescriptorChain chain, long offset, long firstPfn, long length, PageRuns.Sink sink) {
    PageRuns runs = new PageRuns(sink);
    long pages = 0;
    for (long at = 0; at < length; at += PIECE) {
      long here = Math.min(PIECE, length - at);
      chain.read(memory, offset + at, piece, here);
      for (long i = 0; i < here; i += 8) {
        long word = piece.get(U64, i);
        pages += Long.bitCount(word);
        words(word, firstPfn + (at + i) * 8, runs);
      }
    }
    runs.flush();
    return pages;
  }

  private static void words(long word, long pfn, PageRuns runs) {
    long left = word;
    int at = 0;
    while (left != 0) {
      int skip = Long.numberOfTrailingZeros(left);
      left >>>= skip;
      at += skip;
      int count = Long.numberOfTrailingZeros(~left);
      runs.add(pfn + at, count);
      left = count == 64 ? 0 : left >>> count;
      at += count;
    }
  }
}
