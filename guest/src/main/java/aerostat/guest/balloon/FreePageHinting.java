package aerostat.guest.balloon;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.virtio.Virtqueue;

/** What all variants with command ids share: set-up, config changes, the work (HINT-01 to -03). */
public final class FreePageHinting {
  private FreePageHinting() {}

  private static boolean absent(Balloon vb) {
    return !vb.device().hasFeature(BalloonIds.F_FREE_PAGE_HINT);
  }

  /** The free page part of probe, before DRIVER_OK. 0, or a negative error. */
  static int attach(Balloon vb, HintVariant variant) {
    if (absent(vb)) {
      return 0;
    }
    Virtqueue queue = vb.infos().at(BalloonIds.VQ_FREE_PAGE).queue();
    // One entry is kept for the command id (UAPI-09, EDGE-22).
    if (queue.size() < 2) {
      return -Errno.ENOSPC;
    }
    Workqueue workqueue =
        Workqueue.alloc("balloon-wq", Workqueue.WQ_FREEZABLE | Workqueue.WQ_CPU_INTENSIVE, 1);
    if (workqueue == null) {
      return -Errno.ENOMEM; // WALK-10
    }
    Hinting h = vb.hinting();
    h.setQueue(queue);
    h.setWorkqueue(workqueue);
    h.setCachedId(BalloonIds.CMD_STOP);
    h.setActiveId(BalloonIds.CMD_STOP);
    h.setStopId(BalloonIds.CMD_STOP);
    h.setNeedsRead(false);
    h.setStartPending(false);
    h.lock().init();
    h.work().init(FreePageHinting::work);
    h.setVariant(variant);
    variant.hintAttach(h);
    return 0;
  }

  /** The config may show a new id; it is read in the work item (HINT-02). Under the stop lock. */
  static void configChanged(Balloon vb) {
    if (absent(vb)) {
      return;
    }
    Hinting h = vb.hinting();
    if (!h.needsRead()) {
      h.setNeedsRead(true);
      queueWork(h);
    }
  }

  /** Has the hint work run, in the hint work queue. */
  public static void queueWork(Hinting h) {
    var unused = h.workqueue().queueWork(h.work());
  }

  /**
   * report_free_page_func. The id is read once and handed on, so that a STOP or DONE that arrives
   * in between is never taken for a command to begin (HINT-17, EDGE-30).
   */
  static void work(WorkStruct work) {
    Hinting h = Hinting.ofWork(work);
    int id = HintChannel.received(h);
    if (h.queue().isBroken() && id != BalloonIds.CMD_DONE) {
      return; // a device could have its errors told without end
    }
    if (id == BalloonIds.CMD_DONE) {
      h.variant().done(h);
    } else if (id == BalloonIds.CMD_STOP) {
      h.variant().stopped(h);
    } else if (id != h.activeId()) {
      h.variant().command(h, id);
    }
  }

  /** First half of remove: no work runs any more. */
  static void quiesce(Balloon vb) {
    if (absent(vb)) {
      return;
    }
    Hinting h = vb.hinting();
    var unused = h.work().cancelSync();
    h.workqueue().destroy();
    h.variant().hintQuiesce(h);
  }

  /** Second half, after the reset: no hint of a block can be acted on when it goes back. */
  static void detach(Balloon vb) {
    if (!absent(vb)) {
      vb.hinting().variant().hintDetach(vb.hinting());
    }
  }
}
