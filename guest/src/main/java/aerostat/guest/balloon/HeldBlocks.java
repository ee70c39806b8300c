package aerostat.guest.balloon;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Sched;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.Shrinker;
import aerostat.guest.mm.ShrinkerOps;
import aerostat.guest.mm.Zone;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;

/**
 * Hinting as merged in Linux: free blocks of the largest order are allocated and held, so nobody
 * can write them between the hint and the host's use of it (HINT-04 to HINT-12).
 *
 * <p>Other than Linux it keeps apart which blocks the device has used: under memory pressure only
 * those go back, since a block that is released earlier could be written before the host acts on
 * the hint (MIG-24, EDGE-28).
 */
public record HeldBlocks() implements ShrinkerOps {
  /** VIRTIO_BALLOON_HINT_BLOCK_ORDER. */
  public static final int BLOCK_ORDER = Zone.MAX_PAGE_ORDER;

  public static final long BLOCK_PAGES = 1L << BLOCK_ORDER;
  public static final int BLOCK_BYTES = Page.PAGE_SIZE << BLOCK_ORDER;

  /** Most blocks that are taken under one hold of the zone's lock. */
  private static final int MAX_BATCH = 64;

  /** Below a block's alignment there is room in its token for the generation. */
  private static final long GENERATION_MASK = BLOCK_BYTES - 1;

  /** Generations of one half. */
  private static final int HALF = BLOCK_BYTES / 2;

  /** Neither reclaim nor reserves (MM-09). */
  public static final int HINT_GFP = Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN | Gfp.__GFP_NOMEMALLOC;

  static void attach(Hinting h) {
    h.unusedBlocks().init();
    h.usedBlocks().init();
    h.batchBlocks().init();
    h.setStale(0, 0);
    h.setStale(HALF, 0);
    long batch = Params.number("virtio_balloon.batch", 1);
    h.setBatch((int) Math.min(Math.max(batch, 1), MAX_BATCH));
    h.shrinker().register(new HeldBlocks(), h.address(), Shrinker.DEFAULT_SEEKS, 0);
  }

  static void quiesce(Hinting h) {
    h.shrinker().unregister();
  }

  static void detach(Hinting h) {
    releaseAll(h);
  }

  /**
   * virtio_balloon_report_free_page; an error is logged and the next step still taken (HINT-04).
   */
  public static void command(Hinting h, int id) {
    if (!HintChannel.awaitStartBuffer(h, id)) {
      return; // the change of id has queued the work again
    }
    int error = HintChannel.sendStart(h, id);
    if (error != 0) {
      HintChannel.log(h, HintChannel.NO_START, error);
    }
    error = sendBlocks(h, id);
    returnBatch(h);
    if (error != 0) {
      HintChannel.log(h, HintChannel.NO_PAGE, error);
    }
    error = HintChannel.sendStop(h);
    if (error != 0) {
      HintChannel.log(h, HintChannel.NO_STOP, error);
    }
  }

  /** send_free_pages: until the id changes or no block is left (HINT-05). */
  static int sendBlocks(Hinting h, int id) {
    while (HintChannel.current(h, id)) {
      int error = sendBlock(h);
      if (error == -Errno.EINTR) {
        return 0;
      }
      if (error != 0) {
        return error;
      }
    }
    return 0;
  }

  /** get_free_page_and_send: {@code -EINTR} when no block is left (HINT-06). */
  private static int sendBlock(Hinting h) {
    Page page = take(h);
    if (page == null) {
      return -Errno.EINTR;
    }
    h.lock().lock();
    HintChannel.detachUsed(h);
    // One entry stays free for the next command id.
    boolean room = h.queue().free() > 1;
    int error = room ? add(h, page) : 0;
    h.lock().unlock();
    if (!room || error != 0) {
      PageAlloc.freePages(page, BLOCK_ORDER);
    }
    if (!room) {
      if (h.queue().isBroken()) {
        return -Errno.EIO;
      }
      Sched.msleep(HintChannel.PAUSE_MS); // Linux spins here, and the device may need this very CPU
    }
    return error;
  }

  /**
   * One by one, or as the commit message leaves to be done: {@code virtio_balloon.batch=N} blocks
   * from one call. Null when none is left.
   */
  private static Page take(Hinting h) {
    if (h.batch() == 1) {
      return PageAlloc.allocPages(HINT_GFP, BLOCK_ORDER);
    }
    ListHead blocks = h.batchBlocks();
    if (blocks.isEmpty()
        && PageAlloc.allocPagesBulk(HINT_GFP, BLOCK_ORDER, h.batch(), blocks) == 0) {
      return null;
    }
    ListHead link = blocks.next();
    link.del();
    return Page.ofLru(link);
  }

  private static void returnBatch(Hinting h) {
    while (!h.batchBlocks().isEmpty()) {
      ListHead link = h.batchBlocks().next();
      link.del();
      PageAlloc.freePages(Page.ofLru(link), BLOCK_ORDER);
    }
  }

  private static int add(Hinting h, Page page) {
    Virtqueue q = h.queue();
    long token = page.virtual() | (h.generation() & GENERATION_MASK);
    int error = VirtioRing.addInbuf(q, page.virtual(), BLOCK_BYTES, token);
    if (error != 0) {
      return error;
    }
    var unused = VirtioRing.kick(q);
    h.unusedBlocks().add(page.lru());
    h.addUnused(1);
    return 0;
  }

  /** The block may go back under memory pressure from now on. */
  static void used(Hinting h, long token) {
    if ((token & GENERATION_MASK) != (h.generation() & GENERATION_MASK)) {
      // It was released long ago and may be somebody else's.
      h.setStale((int) token & HALF, h.stale((int) token & HALF) - 1);
      return;
    }
    Page page = Page.ofAddress(token & ~GENERATION_MASK);
    page.lru().moveTo(h.usedBlocks());
    h.addUnused(-1);
    h.addUsed(1);
  }

  /** return_free_pages_to_mm for all. */
  public static void releaseAll(Hinting h) {
    h.lock().lock();
    awaitNone(h);
    h.lock().unlock();
    var unused = releaseUsed(h, Long.MAX_VALUE);
  }

  /** Whatever the device says about a block from here on is late. Under the lock. */
  private static void awaitNone(Hinting h) {
    if (h.numUnused() > 0) {
      nextGeneration(h);
      h.usedBlocks().spliceInit(h.unusedBlocks());
      h.addUsed(h.numUnused());
      h.addUnused(-h.numUnused());
    }
  }

  /**
   * Generations come round. Before those of one half do, all hints of that half must be back, else
   * an old hint of a device could be taken for a new one.
   */
  private static void nextGeneration(Hinting h) {
    int half = h.generation() & HALF;
    h.setStale(half, h.stale(half) + h.numUnused());
    int next = h.generation() + 1;
    h.setGeneration(next);
    if ((next & HALF - 1) == 0 && h.stale(next & HALF) != 0) {
      Printk.err(
          "virtio_balloon virtio%d: the device has kept hints for too long\n",
          h.balloon().device().index());
      h.queue().setBroken(true);
    }
  }

  /** Frees up to {@code max} blocks that the device has used; returns how many. */
  private static long releaseUsed(Hinting h, long max) {
    long n = 0;
    while (n < max) {
      h.lock().lock();
      ListHead link = h.usedBlocks().isEmpty() ? null : h.usedBlocks().next();
      if (link != null) {
        link.del();
        h.addUsed(-1);
      }
      h.lock().unlock();
      if (link == null) {
        return n;
      }
      PageAlloc.freePages(Page.ofLru(link), BLOCK_ORDER);
      n++;
    }
    return n;
  }

  private static Hinting hinting(Shrinker shrinker) {
    return new Hinting(shrinker.data());
  }

  /** Guest pages, not balloon pages and not blocks (HINT-12, EDGE-43). */
  @Override
  public long countObjects(Shrinker shrinker) {
    Hinting h = hinting(shrinker);
    h.lock().lock();
    HintChannel.detachUsed(h);
    if (h.queue().isBroken()) {
      awaitNone(h); // A device that was given up uses none any more, and migrates nothing.
    }
    long blocks = h.numUsed();
    h.lock().unlock();
    return blocks * BLOCK_PAGES;
  }

  @Override
  public long scanObjects(Shrinker shrinker, long nr) {
    long blocks = (nr + BLOCK_PAGES - 1) / BLOCK_PAGES;
    return releaseUsed(hinting(shrinker), blocks) * BLOCK_PAGES;
  }
}
