package aerostat.mmio.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Which pages of this process's anonymous memory the host's kernel has never had to provide, from
 * {@code /proc/self/pagemap}: eight bytes a page, tens of nanoseconds for eight pages. Not {@code
 * mincore}, which counts the shared zero page and does not count what was swapped out.
 */
final class Pagemap {
  private static final Path SOURCE = Path.of("/proc/self/pagemap");
  private static final int ENTRY = 8;

  /** Entries read at once: 64 KiB. */
  private static final int PIECE = 8192;

  /** Bits 63 (present) and 62 (swapped) of an entry. */
  private static final int HELD_SHIFT = 62;

  private Pagemap() {}

  /**
   * Sets the bits of pages that are neither present nor swapped out: anonymous memory reads zero
   * there. Page 0 lies at {@code address}; the host's page must be 4 KiB.
   *
   * @return false if the host does not tell; then an unknown part of the bits is set, each rightly
   */
  static boolean absent(long address, PageBitmap into) {
    ByteBuffer entries = ByteBuffer.allocateDirect(PIECE * ENTRY).order(ByteOrder.nativeOrder());
    try (FileChannel pagemap = FileChannel.open(SOURCE, StandardOpenOption.READ)) {
      long base = address >>> GuestMemory.PAGE_SHIFT;
      for (long page = 0; page < into.pages(); page += PIECE) {
        int count = (int) Math.min(PIECE, into.pages() - page);
        entries.clear().limit(count * ENTRY);
        if (!fill(pagemap, entries, (base + page) * ENTRY)) {
          return false;
        }
        for (int i = 0; i < count; i += 64) {
          into.orWord((int) ((page + i) >>> 6), absent(entries, i, Math.min(64, count - i)));
        }
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static long absent(ByteBuffer entries, int from, int count) {
    long bits = 0;
    for (int i = 0; i < count; i++) {
      if (entries.getLong((from + i) * ENTRY) >>> HELD_SHIFT == 0) {
        bits |= 1L << i;
      }
    }
    return bits;
  }

  private static boolean fill(FileChannel from, ByteBuffer into, long position) throws IOException {
    while (into.hasRemaining()) {
      int read = from.read(into, position + into.position());
      if (read <= 0) {
        return false;
      }
    }
    return true;
  }
}
