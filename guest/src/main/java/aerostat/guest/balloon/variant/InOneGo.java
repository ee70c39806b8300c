package aerostat.guest.balloon.variant;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.balloon.Balloon;
import aerostat.guest.balloon.BalloonIds;
import aerostat.guest.balloon.HeldBlocks;
import aerostat.guest.kernel.DelayedWork;
import aerostat.guest.kernel.Jiffies;
import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.virtio.Virtqueue;

/**
 * "Passing a page to host meant putting it in the balloon and immediately taking it out again":
 * free blocks go through the queue that inflates and deflates in one go, every {@code
 * virtio_balloon.in_one_go=SECONDS} (default 0: never). Each is allocated until all have gone, so
 * none goes twice. In the data of {@link Bitmap2016}: +0 balloon, +8 seconds, +16 blocks, +32 work.
 */
record InOneGo(long address) {
  private static final long MAX_SECONDS = 3600;

  static InOneGo of(Balloon vb) {
    return new InOneGo(vb.variantData() + FreePageRequest.SIZE + PageBitmaps.SIZE);
  }

  private Balloon balloon() {
    return new Balloon(load64(address));
  }

  private ListHead blocks() {
    return new ListHead(address + 16);
  }

  private DelayedWork delayed() {
    return new DelayedWork(address + 32);
  }

  void start(Balloon vb) {
    long seconds = Params.number("virtio_balloon.in_one_go", 0);
    store64(address, vb.address());
    store64(address + 8, Math.min(Math.max(seconds, 0), MAX_SECONDS));
    blocks().init();
    delayed().init(InOneGo::work);
    queue();
  }

  void stop() {
    var unused = delayed().cancelSync();
  }

  private void queue() {
    long seconds = load64(address + 8);
    if (seconds != 0 && !balloon().isStopped()) {
      var unused = delayed().queueOn(Workqueue.systemFreezable(), seconds * Jiffies.HZ);
    }
  }

  static void work(WorkStruct work) {
    InOneGo go = new InOneGo(work.address() - 32);
    long told = go.tellBlocks();
    go.release();
    Printk.info(
        "virtio_balloon virtio%d: %lu blocks in one go\n", go.balloon().device().index(), told);
    go.queue();
  }

  private long tellBlocks() {
    Balloon vb = balloon();
    Virtqueue q = vb.infos().at(BalloonIds.VQ_VARIANT).queue();
    long told = 0;
    boolean good = true;
    while (good && !vb.isStopped()) {
      Page page = PageAlloc.allocPages(HeldBlocks.HINT_GFP, HeldBlocks.BLOCK_ORDER);
      if (page == null) {
        return told;
      }
      blocks().add(page.lru());
      // The message is the size work's too.
      vb.lock().lock();
      good = PageBitmaps.of(vb).tellBlock(vb, q, page.pfn(), (int) HeldBlocks.BLOCK_PAGES);
      vb.lock().unlock();
      told += good ? 1 : 0;
    }
    return told;
  }

  private void release() {
    while (!blocks().isEmpty()) {
      ListHead link = blocks().next();
      link.del();
      PageAlloc.freePages(Page.ofLru(link), HeldBlocks.BLOCK_ORDER);
    }
  }
}
