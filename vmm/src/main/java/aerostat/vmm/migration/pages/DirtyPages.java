package aerostat.vmm.migration.pages;

import aerostat.devices.balloon.FreePageHintSink;
import aerostat.devices.balloon.HintErrors;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.migration.guest.MovableGuest;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The migration's own bitmap, above the machine's dirty log: a bit for each page that still has to
 * go. Hints clear bits here and never in the log (MIG-24), so a write after a hint always brings
 * its page back. The image's pages are never in it: the destination has the image.
 */
public final class DirtyPages implements FreePageHintSink {
  private final GuestMemory memory;
  private final ReentrantLock machineLock;
  private final PageBitmap bits;
  private final PageBitmap free;
  private final long firstPage;
  private final AtomicLong hinted = new AtomicLong();
  private final AtomicLong hints = new AtomicLong();
  private final PlantedErrors errors;

  /**
   * Pages that syncs brought since a request for free pages went out; null before. Under the
   * machine lock.
   */
  private @Nullable PageBitmap sinceRequest;

  public DirtyPages(MovableGuest guest, PlantedErrors errors) {
    this.memory = guest.memory();
    this.machineLock = guest.lock();
    this.bits = new PageBitmap(memory.pages());
    this.free = new PageBitmap(memory.pages());
    this.firstPage = memory.romSize() >>> GuestMemory.PAGE_SHIFT;
    this.errors = errors;
  }

  /** A bit for each page that still has to go; live. */
  public PageBitmap bits() {
    return bits;
  }

  /**
   * Pages that read zero without being looked at, asked for after {@link #begin}: what the guest
   * writes from then on is in the log.
   */
  public PageBitmap untouched() {
    return memory.absentPages();
  }

  /** Takes these pages out; the argument keeps those that were in. */
  public void takeOut(PageBitmap pages) {
    pages.and(bits);
    bits.andNot(pages);
  }

  /**
   * The free set: pages that a hint took out and that were not written since. A hint sets a page
   * here and clears its bit under the machine lock; each harvest, the last one included, takes out
   * what it finds marked. An older copy of such a page may have been sent, and means nothing.
   */
  public PageBitmap free() {
    return free;
  }

  /** First page after the image. */
  long firstPage() {
    return firstPage;
  }

  /** Dirty bits that hints changed from 1 to 0. */
  public long hinted() {
    return hinted.get();
  }

  /** Hints that arrived, whatever they did. */
  public long hints() {
    return hints.get();
  }

  /** Pages that still have to go. */
  public long remaining() {
    return bits.cardinality();
  }

  /** As {@link #remaining}, without some pages. */
  public long remainingBut(@Nullable PageBitmap pages) {
    if (pages == null) {
      return remaining();
    }
    PageBitmap left = bits.copy();
    left.andNot(pages);
    return left.cardinality();
  }

  /**
   * All of RAM but the image, and a log from now on (MIG-01). Pages that an earlier migration's
   * hints left over go with the rest, so they are the guest's again.
   */
  public void begin() {
    machineLock.lock();
    try {
      memory.owners().replace(0, memory.pages(), PageOwners.HINTED, PageOwners.GUEST);
    } finally {
      machineLock.unlock();
    }
    bits.setRange(firstPage, bits.pages());
    if (!errors.logsLate()) {
      startLog();
    }
  }

  /**
   * As {@link #begin}, but pages that an earlier migration's hints left over stay hinted and do not
   * go: they were not written since, so what is in them means nothing, here or there. Then hints
   * are of use also to a guest that moves on before it has taken its pages back.
   */
  public void beginWithHinted() {
    machineLock.lock();
    try {
      // One step: a mark that is taken settles its page's owner, one that comes later stays.
      memory.harvest(new PageBitmap(memory.pages()));
      bits.setRange(firstPage, bits.pages());
      PageOwners owners = memory.owners();
      for (PageOwners.Run run = owners.next(firstPage); run != null; run = owners.next(run.end())) {
        if (run.owner() == PageOwners.HINTED) {
          withhold(run.firstPage(), run.end());
        }
      }
    } finally {
      machineLock.unlock();
    }
  }

  /** Log on: what was written before needs no mark, for every page is still to be sent. */
  private void startLog() {
    machineLock.lock();
    try {
      memory.settleOwners(); // reported pages that were written since: their marks go now
      memory.dirtyLog().clear();
    } finally {
      machineLock.unlock();
    }
  }

  /** The first hints have come. */
  public void hintsCame() {
    if (errors.logsLate()) {
      startLog();
    }
  }

  /**
   * A request for free pages goes out. Its answer says "free at some time since", so it clears no
   * bit that a sync brings from now on: copy, clear, and OR in what came later.
   */
  public void requestGoesOut() {
    if (sinceRequest == null) {
      sinceRequest = new PageBitmap(memory.pages());
    }
  }

  private long harvest(PageBitmap into) {
    return errors.losesMarks() ? errors.harvest(memory, into) : memory.harvest(into);
  }

  /**
   * Takes the log over (MIG-02). Hinting must be stopped, or a request be out.
   *
   * @return bits that went from 0 to 1
   */
  public long sync() {
    return sync(true);
  }

  /** As {@link #sync}, with the guest paused: what is free afterwards stays so (MIG-27). */
  public long lastSync() {
    return sync(!errors.keepsFree());
  }

  private long sync(boolean settlesFree) {
    long fresh;
    machineLock.lock();
    try {
      if (sinceRequest == null) {
        fresh = harvest(bits);
      } else {
        PageBitmap found = new PageBitmap(memory.pages());
        var unused = harvest(found);
        sinceRequest.or(found);
        found.andNot(bits);
        fresh = found.cardinality();
        bits.or(found);
      }
      fresh -= bits.clearRange(0, firstPage);
      if (settlesFree) {
        free.andNot(bits); // no answer may come in between
      }
    } finally {
      machineLock.unlock();
    }
    errors.applyStaleHints(bits);
    return Math.max(0, fresh);
  }

  /** The sender is about to read pages [from, to). */
  public void taken(long from, long to) {
    bits.clearRange(from, to);
  }

  @Override
  public HintErrors errors() {
    return errors.hintErrors();
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
    PageBitmap written = sinceRequest;
    if (written == null) {
      withhold(from, to);
      return;
    }
    for (long page = from; page < to; ) {
      boolean used = written.get(page);
      long next = used ? written.nextClear(page) : written.nextSet(page);
      long stop = next < 0 ? to : Math.min(next, to);
      if (used) {
        memory.owners().replace(page, stop, PageOwners.HINTED, PageOwners.GUEST);
      } else {
        withhold(page, stop);
      }
      page = stop;
    }
  }

  private void withhold(long from, long to) {
    // Free first: a page without its dirty bit is then either free or in the sender's hand.
    free.setRange(from, to);
    hinted.addAndGet(bits.clearRange(from, to));
    errors.hinted(memory, from, to);
  }
}
