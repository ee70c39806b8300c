package aerostat.guest.balloon;

import aerostat.guest.kernel.Workqueue;
import aerostat.guest.mm.ShrinkerOps;
import aerostat.guest.virtio.VirtioDevice;
import aerostat.guest.virtio.Virtqueue;
import aerostat.guest.virtio.VirtqueueInfo;

/**
 * What makes one balloon driver differ from another; all else they share. Ops interface; the calls
 * are in the order of a device's life. {@link HintVariant} adds free page hinting.
 */
public interface BalloonVariant {
  /** The name by which {@code virtio_balloon.variant=NAME} chooses it. */
  String name();

  /** Feature bits of the device type that it knows. */
  default long features() {
    return BalloonIds.F_CLASSIC;
  }

  /** virtballoon_validate: may give features up, before FEATURES_OK. 0, or a negative error. */
  default int validate(VirtioDevice device) {
    Poison.validate(device);
    return 0;
  }

  /** Names the queues of its own in the table; the shared ones are in it. */
  default void askQueues(Balloon vb, VirtqueueInfo infos) {}

  /** The queues are there, DRIVER_OK is to come. 0, or a negative error. */
  default int attach(Balloon vb) {
    return 0;
  }

  /** The device may be told of buffers now. */
  default void ready(Balloon vb) {}

  /** virtballoon_changed, in interrupt, under the stop lock: the target, at least, may be new. */
  default void configChanged(Balloon vb) {
    BalloonWakeup.start(vb, BalloonWakeup.ADJUST);
    var unused = Workqueue.systemFreezable().queueWork(vb.sizeWork());
  }

  /** First half of the end, while the device answers: no work of its own runs any more. */
  default void quiesce(Balloon vb) {}

  /** Second half, after the reset: gives back all it holds. */
  default void detach(Balloon vb) {}

  /** Balloon pages that it wants to hold of {@code target}. */
  default long target(Balloon vb, long target) {
    return target;
  }

  /**
   * With DEFLATE_ON_OOM, the shrinker of drivers from 4.20 to 5.6; null for the OOM notifier of all
   * others (CLASSIC-16).
   */
  default ShrinkerOps deflateShrinker() {
    return null;
  }

  /**
   * Tells the device of the pages in {@link Balloon#pfns} and waits for its acknowledgement; false
   * if there is none. With the balloon's lock held.
   */
  default boolean tellHost(Balloon vb, Virtqueue q) {
    return Inflate.tell(vb, q, vb.pfns(), 4 * vb.numPfns());
  }

  /** Tells the device what freed pages are filled with, if it is to be told (POISON-03). */
  default void tellPoison(Balloon vb) {
    Poison.tell(vb);
  }
}
