package aerostat.vmm.migration.pages;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.RunTable;
import aerostat.vmm.migration.wire.WireHeader;
import aerostat.vmm.migration.wire.WireReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.LongAdder;

/**
 * Places arriving pages straight into guest RAM. Every run is checked against RAM and image before
 * a byte of it is taken.
 */
public final class PageReceiver {
  /** A call to the host costs as much as the faults of so many pages. */
  private static final int FEW_PAGES = 4;

  private final GuestMemory memory;
  private final RamViews views;
  private final long firstPage;

  /** Pages that ever got data: only these can need zeroing, so untouched RAM stays unbacked. */
  private final PageBitmap filled;

  private final LongAdder dataPages;
  private final LongAdder zeroPages;

  public PageReceiver(GuestMemory memory) {
    this(memory, new PageBitmap(memory.pages()), new LongAdder(), new LongAdder());
  }

  private PageReceiver(
      GuestMemory memory, PageBitmap filled, LongAdder dataPages, LongAdder zeroPages) {
    this.memory = memory;
    this.views = new RamViews(memory, 1);
    this.firstPage = memory.romSize() >>> GuestMemory.PAGE_SHIFT;
    this.filled = filled;
    this.dataPages = dataPages;
    this.zeroPages = zeroPages;
  }

  /** One for another thread, of the same guest and with the same counts. */
  PageReceiver fork() {
    return new PageReceiver(memory, filled, dataPages, zeroPages);
  }

  /** Pages that came with data. */
  public long dataPages() {
    return dataPages.sum();
  }

  /** Pages that came as zero. */
  public long zeroPages() {
    return zeroPages.sum();
  }

  /** Pages that hold what came last for them, and not zero. */
  public PageBitmap filled() {
    return filled;
  }

  /** A PAGES message: its payload is checked as a whole, then the data goes into place. */
  public void pages(WireHeader header, WireReader in) throws IOException {
    byte[] table = in.payload();
    long total = check(MessageType.PAGES, table);
    if (total << GuestMemory.PAGE_SHIFT != header.dataLength()) {
      throw new MigrationStreamException(
          "PAGES: " + total + " pages announced, " + header.dataLength() + " bytes of data");
    }
    for (int i = 0; i < table.length / RunTable.ENTRY; i++) {
      long page = RunTable.first(table, i);
      long end = page + RunTable.pages(table, i);
      if (end - page >= FEW_PAGES && !filled.get(page)) {
        memory.prepareWrite(page, end);
      }
      filled.setRange(page, end);
      while (page < end) {
        long cut = RamViews.cut(page, end);
        in.data(views.view(0, page, (int) (cut - page)));
        page = cut;
      }
    }
    dataPages.add(total);
  }

  /** A ZERO message: pages that hold data from before become zero again (MIG-08). */
  public void zero(WireReader in) throws IOException {
    byte[] table = in.payload();
    zeroPages.add(check(MessageType.ZERO, table));
    for (int i = 0; i < table.length / RunTable.ENTRY; i++) {
      long first = RunTable.first(table, i);
      clear(first, first + RunTable.pages(table, i));
    }
  }

  private void clear(long first, long end) {
    MemorySegment ram = memory.segment();
    for (long page = filled.nextSet(first); page >= 0 && page < end; ) {
      long stop = Math.min(end, filled.nextClear(page));
      ram.asSlice(page << GuestMemory.PAGE_SHIFT, (stop - page) << GuestMemory.PAGE_SHIFT)
          .fill((byte) 0);
      filled.clearRange(page, stop);
      page = stop < end ? filled.nextSet(stop) : -1;
    }
  }

  /** Whatever came of pages [first, end) before is dropped; each four bytes are this value. */
  public void fill(long first, long end, int value) {
    if (value == 0) {
      clear(first, end);
      return;
    }
    filled.setRange(first, end);
    MemorySegment ram = memory.segment();
    MemorySegment filling = FreeSet.page(value);
    for (long page = first; page < end; page++) {
      ram.asSlice(page << GuestMemory.PAGE_SHIFT, GuestMemory.PAGE_SIZE).copyFrom(filling);
    }
  }

  private long check(MessageType type, byte[] table) throws MigrationStreamException {
    return check(type, table, firstPage, memory.pages());
  }

  /** How many pages a table of runs names, each of them in [firstPage, pages), ascending. */
  public static long check(MessageType type, byte[] table, long firstPage, long pages)
      throws MigrationStreamException {
    if (table.length % RunTable.ENTRY != 0) {
      throw new MigrationStreamException(type + ": a table of " + table.length + " bytes");
    }
    long total = 0;
    long end = firstPage;
    for (int i = 0; i < table.length / RunTable.ENTRY; i++) {
      long first = RunTable.first(table, i);
      long count = Integer.toUnsignedLong(RunTable.pages(table, i));
      if (first < end || first > pages || count == 0 || count > pages - first) {
        throw new MigrationStreamException(
            "%s: run of %d pages from page %d; pages from %d to %d may come"
                .formatted(type, count, first, end, pages));
      }
      end = first + count;
      total += count;
    }
    return total;
  }
}
