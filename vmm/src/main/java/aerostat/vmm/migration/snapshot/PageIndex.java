package aerostat.vmm.migration.snapshot;

import aerostat.mmio.memory.PageBitmap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Which pages a file says something about, as runs in ascending order: first page u64, count u32,
 * kind u32 (1: the bytes are in the file; 2: zero, in a diff only).
 */
public final class PageIndex {
  /** A run of pages of one kind. */
  record Run(long first, int pages, boolean zero) {
    long end() {
      return first + pages;
    }
  }

  private static final int ENTRY = 16;
  private static final int DATA = 1;
  private static final int ZERO = 2;

  private final List<Run> runs;

  private PageIndex(List<Run> runs) {
    this.runs = runs;
  }

  List<Run> runs() {
    return runs;
  }

  /** How many pages have their bytes in the file. */
  public long dataPages() {
    return runs.stream().filter(run -> !run.zero()).mapToLong(Run::pages).sum();
  }

  /** How many pages a diff says are zero. */
  public long zeroPages() {
    return runs.stream().filter(Run::zero).mapToLong(Run::pages).sum();
  }

  /**
   * @param zeros empty for a snapshot without a parent
   */
  static PageIndex of(PageBitmap data, PageBitmap zeros) {
    List<Run> runs = new ArrayList<>();
    long page = 0;
    while (true) {
      long nextData = data.nextSet(page);
      long nextZero = zeros.nextSet(page);
      if (nextData < 0 && nextZero < 0) {
        return new PageIndex(runs);
      }
      boolean zero = nextData < 0 || (nextZero >= 0 && nextZero < nextData);
      long first = zero ? nextZero : nextData;
      long end = (zero ? zeros : data).nextClear(first);
      int count = (int) Math.min(end - first, 1 << 30);
      runs.add(new Run(first, count, zero));
      page = first + count;
    }
  }

  byte[] encode() throws SnapshotException {
    if ((long) runs.size() * ENTRY > SnapshotHeader.Section.INDEX.most()) {
      throw new SnapshotException("its pages are in " + runs.size() + " runs: too many");
    }
    ByteBuffer out = ByteBuffer.allocate(runs.size() * ENTRY).order(ByteOrder.LITTLE_ENDIAN);
    runs.forEach(run -> out.putLong(run.first()).putInt(run.pages()).putInt(run.zero() ? 2 : 1));
    return out.array();
  }

  /** Takes a section apart; runs must ascend, not touch the image, and lie in RAM. */
  static PageIndex decode(byte[] bytes, long firstPage, long pages, boolean diff)
      throws SnapshotException {
    if (bytes.length % ENTRY != 0) {
      throw new SnapshotException("a page index of " + bytes.length + " bytes");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<Run> runs = new ArrayList<>(bytes.length / ENTRY);
    long end = firstPage;
    while (in.hasRemaining()) {
      long first = in.getLong();
      int count = in.getInt();
      int kind = in.getInt();
      if (first < end
          || first >= pages
          || count <= 0
          || count > pages - first
          || (kind != DATA && !(kind == ZERO && diff))) {
        throw new SnapshotException(
            "page index: %d pages of kind %d from page %d; allowed are %d to %d"
                .formatted(count, kind, first, end, pages));
      }
      runs.add(new Run(first, count, kind == ZERO));
      end = first + count;
    }
    return new PageIndex(runs);
  }
}
