package aerostat.guest.balloon;

import aerostat.guest.kernel.Workqueue;
import aerostat.guest.virtio.VirtioIds;
import aerostat.guest.virtio.VirtqueueInfo;

/**
 * A variant that hints by command ids. {@link FreePageHinting} reads the id and calls in the hint
 * work item; {@link HintChannel} talks to the device. Ops interface.
 */
public interface HintVariant extends BalloonVariant {
  /** Begins: once at probe, before DRIVER_OK. */
  void hintAttach(Hinting h);

  /** No command comes any more, and reclaim may call for nothing from here on. */
  default void hintQuiesce(Hinting h) {}

  /** Ends: no command comes any more and the device is reset; gives back all it holds. */
  void hintDetach(Hinting h);

  /** A new command: ids are compared as unsigned, this one is 2 or more. */
  void command(Hinting h, int id);

  /** The device says STOP, and no round is under way. */
  default void stopped(Hinting h) {}

  /** The device is done with migration: what is held can be released. */
  void done(Hinting h);

  /** The device has used a buffer that the variant added. Under the hinting lock. */
  void used(Hinting h, long token);

  @Override
  default long features() {
    return BalloonIds.classicAnd(BalloonIds.F_FREE_PAGE_HINT)
        | VirtioIds.bit(BalloonIds.F_REPORTING);
  }

  /** UAPI-10, HINT-16: without a callback, the driver polls. */
  @Override
  default void askQueues(Balloon vb, VirtqueueInfo infos) {
    if (vb.device().hasFeature(BalloonIds.F_FREE_PAGE_HINT)) {
      infos.at(BalloonIds.VQ_FREE_PAGE).ask("free_page_vq", null);
    }
  }

  @Override
  default int attach(Balloon vb) {
    return FreePageHinting.attach(vb, this);
  }

  @Override
  default void configChanged(Balloon vb) {
    BalloonWakeup.start(vb, BalloonWakeup.ADJUST);
    var unused = Workqueue.systemFreezable().queueWork(vb.sizeWork());
    FreePageHinting.configChanged(vb);
  }

  @Override
  default void quiesce(Balloon vb) {
    FreePageHinting.quiesce(vb);
  }

  @Override
  default void detach(Balloon vb) {
    FreePageHinting.detach(vb);
  }
}
