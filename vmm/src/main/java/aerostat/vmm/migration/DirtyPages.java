package aerostat.vmm.migration;

import aerostat.devices.balloon.FreePageHintSink;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The migration's own bitmap, above the machine's dirty log: a bit for each page that still has to
 * go. Hints clear bits here and never in the log (MIG-24), so a write after a hint always brings
 * its page back. The image's pages are never in it: the destination has the image.
 */
final class DirtyPages implements FreePageHintSink {
  private static final int MAX_KEPT_HINTS = 4096;

  private final GuestMemory memory;
  private final PageBitmap bits;
  private final PageBitmap withheld;
  private final long firstPage;
  private final AtomicLong hinted = new AtomicLong();
  private final AtomicLong hints = new AtomicLong();
  private final boolean applyStale;
  private List<long[]> hintsNow = new ArrayList<>();

  /**
   * @param applyStale test builds: apply the hints of a round once more after the next sync
   */
  DirtyPages(GuestMemory memory, boolean applyStale) {
    this.memory = memory;
    this.bits = new PageBitmap(memory.pages());
    this.withheld = new PageBitmap(memory.pages());
    this.firstPage = memory.romSize() >>> GuestMemory.PAGE_SHIFT;
    this.applyStale = applyStale;
  }

  PageBitmap bits() {
    return bits;
  }

  /** Pages that a hint kept back and that were neither written nor sent since. */
  PageBitmap withheld() {
    return withheld;
  }

  /** First page after the image. */
  long firstPage() {
    return firstPage;
  }

  /** Dirty bits that hints changed from 1 to 0. */
  long hinted() {
    return hinted.get();
  }

  /** Hints that arrived, whatever they did. */
  long hints() {
    return hints.get();
  }

  long remaining() {
    return bits.cardinality();
  }

  /** All of RAM but the image, and a log from now on (MIG-01). */
  void begin() {
    memory.dirtyLog().clear();
    bits.setRange(firstPage, bits.pages());
  }

  /**
   * Takes the log over (MIG-02). Hinting must be stopped.
   *
   * @return bits that went from 0 to 1
   */
  long sync() {
    long fresh = memory.dirtyLog().harvest(bits) - bits.clearRange(0, firstPage);
    for (long page = bits.nextSet(0); page >= 0; ) {
      long end = bits.nextClear(page);
      withheld.clearRange(page, end);
      page = bits.nextSet(end);
    }
    if (applyStale) {
      List<long[]> stale = hintsNow;
      hintsNow = new ArrayList<>();
      for (long[] range : stale) {
        hinted.addAndGet(bits.clearRange(range[0], range[1]));
      }
    }
    return Math.max(0, fresh);
  }

  /** The sender is about to read pages [from, to). */
  void taken(long from, long to) {
    bits.clearRange(from, to);
    withheld.clearRange(from, to);
  }

  /** Only whole pages inside the range count (DEV-19, EDGE-50); out of RAM nothing. */
  @Override
  public void hint(long gpa, long length) {
    hints.incrementAndGet();
    long offset = gpa - GuestMemory.RAM_BASE;
    if (offset < 0 || length <= 0 || offset >= memory.size()) {
      return;
    }
    long end = Math.min(memory.size() - offset, length) + offset;
    long from =
        Math.max(firstPage, (offset + GuestMemory.PAGE_SIZE - 1) >>> GuestMemory.PAGE_SHIFT);
    long to = end >>> GuestMemory.PAGE_SHIFT;
    if (from >= to) {
      return;
    }
    // Withheld first: a page without its dirty bit is then either withheld or in the sender's hand.
    withheld.setRange(from, to);
    hinted.addAndGet(bits.clearRange(from, to));
    if (applyStale && hintsNow.size() < MAX_KEPT_HINTS) {
      hintsNow.add(new long[] {from, to});
    }
  }
}
