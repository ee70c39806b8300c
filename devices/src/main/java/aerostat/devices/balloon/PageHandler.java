package aerostat.devices.balloon;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.HostMemoryException;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.trace.TraceLine;
import aerostat.mmio.virtio.DescriptorChain;
import aerostat.mmio.virtio.QueueViolation;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.mmio.virtio.Virtqueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Inflate and deflate elements: arrays of 32-bit page numbers (DEV-01 to DEV-08), or bitmaps where
 * PAGE_BITMAP was agreed ({@link FreePagesLayout}).
 */
final class PageHandler {
  private static final Logger log = LoggerFactory.getLogger(PageHandler.class);
  private static final ValueLayout.OfInt PFN =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Page numbers are copied out of the guest in pieces of this size and then used. */
  private static final int PIECE = 4096;

  private final BalloonState state;
  private final VirtioPort port;
  private final GuestMemory memory;
  private final MemorySegment piece = Arena.ofAuto().allocate(PIECE, 8);
  private final PageRuns inflating = new PageRuns(this::inflate);
  private final PageRuns deflating = new PageRuns(this::deflate);
  private final PageBitmapReader bitmap;
  private final HostPages hostPages;
  private boolean inhibited;
  private boolean discardFailed;
  private boolean largePagesTold;

  PageHandler(BalloonState state, VirtioPort port) {
    this.state = state;
    this.port = port;
    this.memory = port.memory();
    this.bitmap = new PageBitmapReader(memory);
    this.hostPages = new HostPages(memory.hostPageSize(), this::discard);
  }

  /** While inhibited, elements are acknowledged and nothing else (DEV-03). */
  void inhibitDiscards(boolean inhibit) {
    inhibited = inhibit;
  }

  /** Device reset: a driver that knows nothing of the balloon owns all of its memory. */
  void reset() {
    memory.owners().replace(0, memory.pages(), PageOwners.BALLOON, PageOwners.GUEST);
    memory.owners().replace(0, memory.pages(), PageOwners.REPORTED, PageOwners.GUEST);
  }

  boolean handle(QueueRole role, Virtqueue queue) {
    DescriptorChain chain = queue.pop();
    if (chain == null) {
      return false;
    }
    hostPages.begin();
    if (role != QueueRole.DEFLATE && inhibited) {
      state.count(BalloonCounter.ELEMENTS_INHIBITED, 1);
    } else if ((port.features() & FreePagesLayout.F_PAGE_BITMAP) != 0) {
      actOnBitmap(role, chain);
    } else {
      act(role == QueueRole.INFLATE ? inflating : deflating, chain);
    }
    queue.push(chain.head(), 0); // DEV-07
    return true;
  }

  private void actOnBitmap(QueueRole role, DescriptorChain chain) {
    if (chain.readableBytes() < FreePagesLayout.PAGES_HEADER_BYTES) {
      throw new QueueViolation("page bitmap of " + chain.readableBytes() + " bytes");
    }
    chain.read(memory, 0, piece, FreePagesLayout.PAGES_HEADER_BYTES);
    long first = piece.get(BalloonLayout.U64, FreePagesLayout.PAGES_FIRST);
    long length = piece.get(BalloonLayout.U64, FreePagesLayout.PAGES_LENGTH);
    long found = chain.readableBytes() - FreePagesLayout.PAGES_HEADER_BYTES;
    PageBitmapReader.check(memory, first, length, found);
    if (length > BalloonLayout.MAX_PAGE_BITMAP_BYTES) {
      throw new QueueViolation("page bitmap of " + length + " bytes");
    }
    PageRuns.Sink sink =
        switch (role) {
          case INFLATE -> this::inflate;
          case DEFLATE -> this::deflate;
          default -> this::inflateAndDeflate;
        };
    bitmap.read(chain, FreePagesLayout.PAGES_HEADER_BYTES, first, length, sink);
  }

  /** Into the balloon and out again: while a page is in it, it is the host's to discard. */
  private void inflateAndDeflate(long gpa, long pages) {
    inflate(gpa, pages);
    deflate(gpa, pages);
  }

  private void act(PageRuns runs, DescriptorChain chain) {
    long bytes = chain.readableBytes() & -BalloonLayout.PFN_BYTES; // a short tail is ignored
    if (bytes > BalloonLayout.MAX_PFN_ARRAY_BYTES) {
      throw new QueueViolation("page number array of " + bytes + " bytes");
    }
    runs.drop();
    for (long at = 0; at < bytes; at += PIECE) {
      long here = Math.min(PIECE, bytes - at);
      chain.read(memory, at, piece, here);
      for (long i = 0; i < here; i += BalloonLayout.PFN_BYTES) {
        runs.add(Integer.toUnsignedLong(piece.get(PFN, i))); // UAPI-18, EDGE-09
      }
    }
    runs.flush();
  }

  private void inflate(long gpa, long pages) {
    long from = writableFrom(gpa);
    long to = writableTo(gpa, pages);
    long length = Math.max(0, to - from);
    long inside = length >>> GuestMemory.PAGE_SHIFT;
    state.count(BalloonCounter.PAGES_IGNORED, pages - inside); // DEV-02
    trace("inflate", gpa, pages, inside);
    if (inside == 0) {
      return;
    }
    hostPages.add(from, length);
    memory.owners().set(from, length, PageOwners.BALLOON);
    state.count(BalloonCounter.PAGES_INFLATED, inside);
  }

  private void discard(long gpa, long length) {
    if (memory.hostPageSize() > GuestMemory.PAGE_SIZE && !largePagesTold) {
      largePagesTold = true;
      log.warn("balloon pages are smaller than the host's: only whole host pages go back (DEV-05)");
    }
    try {
      memory.discard(gpa, length);
    } catch (HostMemoryException failed) {
      if (!discardFailed) {
        log.warn("the host refused a discard; the balloon goes on without (DEV-04)", failed);
      }
      discardFailed = true;
    }
  }

  private void deflate(long gpa, long pages) {
    long from = writableFrom(gpa);
    long to = writableTo(gpa, pages);
    long inside = Math.max(0, to - from) >>> GuestMemory.PAGE_SHIFT;
    state.count(BalloonCounter.PAGES_IGNORED, pages - inside);
    trace("deflate", gpa, pages, inside);
    if (inside == 0) {
      return;
    }
    long page = (from - GuestMemory.RAM_BASE) >>> GuestMemory.PAGE_SHIFT;
    // A page that was hinted or never given is not the balloon's to give back.
    long given = memory.owners().replace(page, page + inside, PageOwners.BALLOON, PageOwners.GUEST);
    state.count(BalloonCounter.PAGES_DEFLATED, given);
    state.count(BalloonCounter.DEFLATED_NOT_INFLATED, inside - given);
  }

  private long writableFrom(long gpa) {
    return Math.max(gpa, GuestMemory.RAM_BASE + memory.romSize());
  }

  private long writableTo(long gpa, long pages) {
    return Math.min(gpa + (pages << GuestMemory.PAGE_SHIFT), memory.end());
  }

  /** One line for each run of neighbouring page numbers. */
  private void trace(String event, long gpa, long pages, long inside) {
    if (port.trace().on()) {
      TraceLine.of(port.name(), event)
          .hex("pfn", gpa >>> GuestMemory.PAGE_SHIFT)
          .num("pages", pages)
          .num("ignored", pages - inside)
          .to(port.trace());
    }
  }
}
