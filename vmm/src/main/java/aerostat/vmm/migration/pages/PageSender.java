package aerostat.vmm.migration.pages;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.RunTable;
import aerostat.vmm.migration.wire.WireLimits;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Sends dirty pages in ascending order, straight out of guest RAM: runs of data by gather writes,
 * zero pages as ranges, nothing allocated per page. A page's bit is cleared before the page is read
 * (MIG-04); what the guest writes later is in the log.
 */
public final class PageSender {
  /** Called between messages; may wait (bandwidth) or throw (cancel). */
  public interface Pace {
    void sent(long totalBytes) throws IOException;
  }

  private static final int CHUNK = WireLimits.MAX_DATA_PAGES;
  private static final long MAX_RANGE = 1L << 30;
  private static final ByteBuffer[] NO_DATA = {};

  private final GuestMemory memory;
  private final WireWriter out;
  private final PageChannels channels;
  private final DirtyPages dirty;
  private final MigrationStats stats;
  private final Pace pace;
  private final RunTable zeros = new RunTable(WireLimits.MAX_RANGES);
  private @Nullable PageBatch batch;
  private int messagePages = WireLimits.MAX_DATA_PAGES;
  private @Nullable ReadAhead ahead;
  private long takenTo;
  private int skipEach;
  private int skipCount;

  /** Sends everything on one connection. */
  public PageSender(
      GuestMemory memory, WireWriter out, DirtyPages dirty, MigrationStats stats, Pace pace) {
    this(memory, out, new MainChannel(memory, out), dirty, stats, pace);
  }

  /**
   * @param out the main connection, for ranges of zeros
   * @param channels for pages
   */
  public PageSender(
      GuestMemory memory,
      WireWriter out,
      PageChannels channels,
      DirtyPages dirty,
      MigrationStats stats,
      Pace pace) {
    this.memory = memory;
    this.out = out;
    this.channels = channels;
    this.dirty = dirty;
    this.stats = stats;
    this.pace = pace;
  }

  /** Pages in one message from here on, so that a slow connection is not silent for long. */
  public void messagePages(int pages) {
    messagePages = pages;
  }

  /** Test builds: leaves out every n-th data page; 0 for none. */
  public void skipEach(int n) {
    skipEach = n;
  }

  /**
   * Tells the destination that these pages are zero, without a look at them, and takes them out of
   * what is dirty; the argument keeps those that were.
   */
  public void zeros(PageBitmap pages) throws IOException {
    dirty.takeOut(pages);
    flush(); // pages known to be in use went before, and those of a message ascend
    for (long page = pages.nextSet(0); page >= 0; ) {
      long end = Math.min(pages.nextClear(page), page + MAX_RANGE);
      addZeros(page, (int) (end - page));
      page = pages.nextSet(end);
    }
    flushZeros();
  }

  /**
   * Where memory may never have been touched: what maps it in pieces, not page by page; or null.
   */
  public void readAhead(@Nullable ReadAhead mapped) {
    ahead = mapped;
  }

  /** Sends every page that is dirty when the scan passes it. */
  public void round() throws IOException {
    long page = 0;
    while (page >= 0) {
      page = next(page, memory.pages());
    }
    flush();
  }

  /**
   * Takes the first dirty run in [from, to), at most a message's; it may wait for {@link #flush}.
   *
   * @return where to go on, or -1 if no page there is dirty
   */
  public long next(long from, long to) throws IOException {
    PageBitmap bits = dirty.bits();
    long page = bits.nextSet(from);
    if (page < 0 || page >= to) {
      return -1;
    }
    long end = Math.min(Math.min(bits.nextClear(page), page + CHUNK), to);
    if (page < takenTo) {
      flush(); // the pages of a message ascend
    }
    takenTo = end;
    ReadAhead mapped = ahead;
    if (mapped != null) {
      mapped.need(page, end);
    }
    dirty.taken(page, end);
    scan(page, end);
    return end;
  }

  /** Sends what was taken. */
  public void flush() throws IOException {
    flushPages();
    flushZeros();
  }

  private void scan(long from, long to) throws IOException {
    long page = from;
    while (page < to) {
      boolean zero = zero(page);
      long end = page + 1;
      while (end < to && zero(end) == zero) {
        end++;
      }
      if (zero) {
        addZeros(page, (int) (end - page));
      } else {
        addPages(page, end);
      }
      page = end;
    }
  }

  private boolean zero(long page) {
    return memory.isZero(
        GuestMemory.RAM_BASE + (page << GuestMemory.PAGE_SHIFT), GuestMemory.PAGE_SIZE);
  }

  private void addZeros(long page, int pages) throws IOException {
    if (zeros.full()) {
      flushZeros();
    }
    zeros.add(page, pages, true);
    stats.zeroPages(pages);
  }

  private void addPages(long from, long to) throws IOException {
    long page = from;
    while (page < to) {
      PageBatch into = batch == null ? channels.take() : batch;
      batch = into;
      int room = into.room(messagePages);
      if (room == 0) {
        flushPages();
        continue;
      }
      long end = Math.min(RamViews.cut(page, to), page + room);
      int pages = (int) (end - page);
      if (skipEach != 0 && (skipCount += pages) >= skipEach) {
        skipCount = 0;
      } else {
        into.add(page, pages);
        stats.dataPages(pages);
      }
      page = end;
    }
  }

  private void flushPages() throws IOException {
    PageBatch full = batch;
    if (full != null && !full.isEmpty()) {
      batch = null;
      channels.send(full);
      pace.sent(channels.bytes());
    }
  }

  private void flushZeros() throws IOException {
    if (zeros.count() > 0) {
      out.send(MessageType.ZERO, zeros.bytes(), zeros.length(), NO_DATA, 0, false);
      zeros.clear();
      pace.sent(channels.bytes());
    }
  }
}
