package aerostat.guest.balloon;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.virtio.Virtqueue;

/** What all hinting strategies share: set-up, config changes, the work item (HINT-01 to -03). */
final class FreePageHinting {
  private FreePageHinting() {}

  private static final String PARAM = "virtio_balloon.hinting";

  /** The free page part of probe, before DRIVER_OK. 0, or a negative error. */
  static int probe(Balloon vb, Virtqueue queue) {
    // One entry is kept for the command id (UAPI-09, EDGE-22).
    if (queue.size() < 2) {
      return -Errno.ENOSPC;
    }
    CString name = Params.get(PARAM);
    HintStrategy strategy = BalloonVariants.hinting(name);
    if (strategy == null) {
      Params.invalid(CString.of(PARAM), name);
      return -Errno.EINVAL;
    }
    Workqueue workqueue =
        Workqueue.alloc("balloon-wq", Workqueue.WQ_FREEZABLE | Workqueue.WQ_CPU_INTENSIVE, 1);
    if (workqueue == null) {
      return -Errno.ENOMEM;
    }
    Hinting h = vb.hinting();
    h.setQueue(queue);
    h.setWorkqueue(workqueue);
    h.setCachedId(BalloonIds.CMD_STOP);
    h.setActiveId(BalloonIds.CMD_STOP);
    h.setStopId(BalloonIds.CMD_STOP);
    h.lock().init();
    h.work().init(FreePageHinting::work);
    h.setStrategy(strategy);
    strategy.attach(h);
    return 0;
  }

  /** The config may show a new id; it is read in the work item (HINT-02). Under the stop lock. */
  static void configChanged(Balloon vb) {
    if (!vb.device().hasFeature(BalloonIds.F_FREE_PAGE_HINT)) {
      return;
    }
    Hinting h = vb.hinting();
    if (!h.needsRead()) {
      h.setNeedsRead(true);
      boolean unused = h.workqueue().queueWork(h.work());
    }
  }

  /**
   * report_free_page_func. The id is read once and handed on, so that a STOP or DONE that arrives
   * in between is never taken for a command to begin (HINT-17, EDGE-30).
   */
  static void work(WorkStruct work) {
    Hinting h = Hinting.ofWork(work);
    int id = HintChannel.received(h);
    if (id == BalloonIds.CMD_DONE) {
      h.strategy().done(h);
    } else if (BalloonIds.isCommand(id) && id != h.activeId()) {
      h.strategy().command(h, id);
    }
  }

  /** First half of remove: no work runs any more. */
  static void quiesce(Balloon vb) {
    Hinting h = vb.hinting();
    boolean unused = h.work().cancelSync();
    h.workqueue().destroy();
  }

  /** Second half, after the reset: no hint of a block can be acted on when it goes back. */
  static void release(Balloon vb) {
    vb.hinting().strategy().detach(vb.hinting());
  }
}
