package aerostat.guest.balloon.variant;

import aerostat.guest.balloon.Balloon;
import aerostat.guest.balloon.BalloonIds;
import aerostat.guest.balloon.FreePageHinting;
import aerostat.guest.balloon.HeldBlocks;
import aerostat.guest.balloon.HintChannel;
import aerostat.guest.balloon.HintVariant;
import aerostat.guest.balloon.Hinting;
import aerostat.guest.balloon.Inflate;
import aerostat.guest.balloon.Poison;
import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.machine.Cpu;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.PagePoisoning;
import aerostat.guest.mm.ShrinkerOps;
import aerostat.guest.virtio.VirtioDevice;
import aerostat.guest.virtio.VirtioRing;

/**
 * The driver as Linux commit 86a559787e had it (October 2018, v4.20), its defects included; which
 * they are, docs/balloon-driver.md lists. Where the commit relied on a second CPU, there is a
 * safepoint, at which the interrupt comes.
 */
record Merged420() implements HintVariant {
  @Override
  public String name() {
    return "merged-4.20";
  }

  /** There was no free page reporting. */
  @Override
  public long features() {
    return BalloonIds.classicAnd(BalloonIds.F_FREE_PAGE_HINT);
  }

  /** Only poisoning counted, not init-on-free (POISON-04). */
  @Override
  public int validate(VirtioDevice device) {
    if (!PagePoisoning.enabled()) {
      device.clearFeature(BalloonIds.F_PAGE_POISON);
    }
    return 0;
  }

  /** Only inside the hint block (HFIX-11). */
  @Override
  public void tellPoison(Balloon vb) {
    if (vb.device().hasFeature(BalloonIds.F_FREE_PAGE_HINT)) {
      Poison.tell(vb);
    }
  }

  @Override
  public ShrinkerOps deflateShrinker() {
    return new Shrinker420();
  }

  @Override
  public void hintAttach(Hinting h) {
    h.usedBlocks().init();
  }

  /** The blocks stay allocated for ever (HFIX-07). */
  @Override
  public void hintDetach(Hinting h) {}

  /** Reads the config in the interrupt, and serves DONE there (HINT-02). */
  @Override
  public void configChanged(Balloon vb) {
    if (Inflate.towardsTarget(vb) != 0) {
      var unused = Workqueue.systemFreezable().queueWork(vb.sizeWork());
    }
    if (!vb.device().hasFeature(BalloonIds.F_FREE_PAGE_HINT)) {
      return;
    }
    Hinting h = vb.hinting();
    h.setCachedId(vb.device().configRead32(BalloonIds.CONFIG_CMD_ID));
    if (h.cachedId() == BalloonIds.CMD_DONE) {
      var unused = free(h, Long.MAX_VALUE);
    } else if (h.cachedId() != BalloonIds.CMD_STOP && h.cachedId() != h.activeId()) {
      FreePageHinting.queueWork(h);
    }
  }

  /** The work looks at no id: there is a round for each time it was queued. */
  @Override
  public void command(Hinting h, int id) {
    round(h);
  }

  @Override
  public void stopped(Hinting h) {
    round(h);
  }

  @Override
  public void done(Hinting h) {
    round(h);
  }

  /** report_free_page_func. */
  private static void round(Hinting h) {
    int flags = h.lock().lockIrqsave(); // the interrupt takes it too
    HintChannel.detachUsed(h);
    // The id is read again, so STOP and DONE may be sent as a start (HINT-17); and the device may
    // not have read the last one yet (EDGE-18).
    h.setActiveId(h.cachedId());
    int error = HintChannel.sendId(h, h.activeAt());
    h.lock().unlockIrqrestore(flags);
    if (error != 0) {
      HintChannel.log(h, HintChannel.NO_START, error);
    }
    error = sendBlocks(h);
    if (error != 0) {
      HintChannel.log(h, HintChannel.NO_PAGE, error);
    }
    flags = Cpu.irqSave();
    error = HintChannel.sendStop(h);
    Cpu.irqRestore(flags);
    if (error != 0) {
      HintChannel.log(h, HintChannel.NO_STOP, error);
    }
  }

  private static int sendBlocks(Hinting h) {
    int error = 0;
    while (error == 0 && h.activeId() == h.cachedId()) {
      error = sendBlock(h);
      Cpu.safepoint();
    }
    return error == -Errno.EINTR ? 0 : error;
  }

  private static int sendBlock(Hinting h) {
    int flags = h.lock().lockIrqsave();
    HintChannel.detachUsed(h);
    h.lock().unlockIrqrestore(flags);
    Page page = PageAlloc.allocPages(HeldBlocks.HINT_GFP, HeldBlocks.BLOCK_ORDER);
    if (page == null) {
      return -Errno.EINTR;
    }
    if (h.queue().free() <= 1) {
      // No room: it spins until the device reads (HINT-06).
      PageAlloc.freePages(page, HeldBlocks.BLOCK_ORDER);
      return 0;
    }
    long start = page.virtual();
    int error = VirtioRing.addInbuf(h.queue(), start, HeldBlocks.BLOCK_BYTES, start);
    if (error != 0) {
      PageAlloc.freePages(page, HeldBlocks.BLOCK_ORDER);
      return error;
    }
    var unused = VirtioRing.kick(h.queue());
    Cpu.safepoint(); // a DONE that comes here does not find the block (HINT-07)
    flags = h.lock().lockIrqsave();
    h.usedBlocks().add(page.lru());
    h.addUsed(1);
    h.lock().unlockIrqrestore(flags);
    return 0;
  }

  /** Whether the device has used a block was of no interest (MIG-24). */
  @Override
  public void used(Hinting h, long token) {}

  /** return_free_pages_to_mm: up to {@code max} blocks; returns how many. Any context. */
  static long free(Hinting h, long max) {
    long n = 0;
    int flags = h.lock().lockIrqsave();
    while (n < max && !h.usedBlocks().isEmpty()) {
      ListHead link = h.usedBlocks().next();
      link.del();
      h.addUsed(-1);
      PageAlloc.freePages(Page.ofLru(link), HeldBlocks.BLOCK_ORDER);
      n++;
    }
    h.lock().unlockIrqrestore(flags);
    return n;
  }
}
