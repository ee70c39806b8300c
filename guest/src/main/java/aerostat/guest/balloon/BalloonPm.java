package aerostat.guest.balloon;

import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Cpu;
import aerostat.guest.virtio.VirtioBus;
import aerostat.guest.virtio.VirtioDevice;

/**
 * The driver's ways into work and out of it: probe and restore, remove, freeze and shutdown
 * (CLASSIC-19 to CLASSIC-21).
 */
final class BalloonPm {
  private BalloonPm() {}

  /** Longest wait for buffers under way when the power goes off, ms. */
  private static final int SHUTDOWN_MS = 1000;

  /** Queues, the variant's part, reporting, poison. 0, or a negative error: then none is left. */
  static int setUp(Balloon vb) {
    VirtioDevice device = vb.device();
    int error = BalloonQueues.init(vb);
    if (error != 0) {
      return error;
    }
    error = vb.variant().attach(vb);
    boolean attached = error == 0;
    if (attached) {
      error = Reporting.register(vb);
    }
    if (error == 0) {
      vb.variant().tellPoison(vb);
      DeflateOnOom.register(vb);
      return 0;
    }
    if (attached) {
      vb.variant().quiesce(vb);
    }
    // The statistics buffer is in its queue: the device must let go of it first.
    device.reset();
    if (device.isLost()) {
      device.abandonQueues();
      return error;
    }
    if (attached) {
      vb.variant().detach(vb);
    }
    device.config().delVqs(device);
    return error;
  }

  /** DRIVER_OK, and what waited for it. */
  static void start(Balloon vb) {
    setStopped(vb, false);
    vb.device().ready();
    Printk.info(
        "virtio_balloon virtio%d: ready, variant %s\n",
        vb.device().index(), Cpu.string(vb.variant().name()));
    BalloonQueues.kickStats(vb);
    vb.variant().ready(vb);
    if (Inflate.towardsTarget(vb) != 0) {
      changed(vb);
    }
  }

  /** virtballoon_changed: never reads the config space itself (CLASSIC-02). Any context. */
  static void changed(Balloon vb) {
    int flags = vb.stopLock().lockIrqsave();
    if (!vb.isStopped()) {
      vb.variant().configChanged(vb);
    }
    vb.stopLock().unlockIrqrestore(flags);
  }

  private static void setStopped(Balloon vb, boolean stopped) {
    int flags = vb.stopLock().lockIrqsave();
    vb.setStopped(stopped);
    vb.stopLock().unlockIrqrestore(flags);
  }

  /** virtballoon_quiesce, in the order of CLASSIC-20: nothing is begun any more. */
  private static void quiesce(Balloon vb) {
    Reporting.unregister(vb);
    DeflateOnOom.unregister(vb);
    setStopped(vb, true);
    boolean unusedSize = vb.sizeWork().cancelSync();
    boolean unusedStats = vb.statsWork().cancelSync();
    BalloonWakeup.cancel(vb);
    vb.variant().quiesce(vb);
  }

  /** virtballoon_remove; of a device that is frozen, or was not restored, nothing is left. */
  static void remove(Balloon vb) {
    if (!vb.isDown()) {
      quiesce(vb);
      takeDown(vb);
    }
  }

  /**
   * remove_common: all pages back, then the count; hinted blocks wait for the reset (MIG-24). From
   * a device that does not reset nothing comes back.
   */
  private static void takeDown(Balloon vb) {
    VirtioDevice device = vb.device();
    deflateAll(vb);
    vb.lock().lock(); // a page that moves may still be at the queues
    device.reset();
    if (!device.isLost()) {
      Inflate.releaseHeld(vb);
    }
    vb.lock().unlock();
    if (device.isLost()) {
      Printk.err(
          "virtio_balloon virtio%d: the device keeps %lu pages, and all that it was told of\n",
          device.index(), vb.numPages());
      device.abandonQueues();
      return;
    }
    vb.variant().detach(vb);
    device.config().delVqs(device);
  }

  private static void deflateAll(Balloon vb) {
    while (vb.numPages() > 0 && !vb.deflateQueue().isBroken()) {
      if (Inflate.leak(vb, vb.numPages()) == 0) {
        break;
      }
    }
    Inflate.updateActual(vb);
  }

  /**
   * virtballoon_freeze. There is no freezer, so the work is stopped here, and with it reporting and
   * the help in a shortage; Linux leaves these registered because reporting's work queue and kswapd
   * are frozen (REPORT-19). One that was not restored has nothing left to freeze.
   */
  static void freeze(Balloon vb) {
    if (vb.isDown()) {
      return;
    }
    quiesce(vb);
    takeDown(vb);
    vb.setDown(true);
  }

  /** virtballoon_restore: the features are negotiated again, as they were. */
  static int restore(Balloon vb) {
    int error = setUp(vb);
    if (error != 0) {
      return error;
    }
    vb.setDown(false);
    start(vb);
    Inflate.updateActual(vb);
    return 0;
  }

  /**
   * virtballoon_shutdown (CLASSIC-21): comes to rest while the device still answers. One that does
   * not answer holds up the end for a second, no more (EDGE-41).
   */
  static void shutdown(Balloon vb) {
    if (vb.isDown()) {
      return;
    }
    setStopped(vb, true);
    for (int ms = 0; ms < SHUTDOWN_MS && vb.acked().isActive(); ms++) {
      Sched.msleep(1);
    }
    VirtioBus.breakDevice(vb.device());
    quiesce(vb);
  }
}
