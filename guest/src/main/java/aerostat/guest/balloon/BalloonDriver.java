package aerostat.guest.balloon;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Oom;
import aerostat.guest.mm.Slab;
import aerostat.guest.virtio.VirtioBus;
import aerostat.guest.virtio.VirtioDevice;
import aerostat.guest.virtio.VirtioDriver;
import aerostat.guest.virtio.VirtioIds;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;
import aerostat.guest.virtio.VirtqueueInfo;

/** Probe and remove of the balloon driver, and what goes on between (virtio_balloon.c). */
public record BalloonDriver() implements VirtioDriver {
  /** module_init. */
  public static void init() {
    int error = VirtioBus.registerDriver(new BalloonDriver());
    if (error != 0) {
      Printk.err("virtio_balloon: cannot register, err = %d\n", error);
    }
  }

  @Override
  public String name() {
    return "virtio_balloon";
  }

  @Override
  public int deviceId() {
    return VirtioIds.ID_BALLOON;
  }

  /** PAGE_POISON and REPORTING are not accepted: their function is not built yet. */
  @Override
  public long featureTable() {
    return VirtioIds.bit(BalloonIds.F_MUST_TELL_HOST)
        | VirtioIds.bit(BalloonIds.F_STATS_VQ)
        | VirtioIds.bit(BalloonIds.F_DEFLATE_ON_OOM)
        | VirtioIds.bit(BalloonIds.F_FREE_PAGE_HINT);
  }

  /** virtballoon_validate (A.1): real addresses, and no indirect tables. */
  @Override
  public int validate(VirtioDevice device) {
    device.clearFeature(VirtioIds.F_ACCESS_PLATFORM);
    device.clearFeature(VirtioIds.F_INDIRECT_DESC);
    return 0;
  }

  @Override
  public int probe(VirtioDevice device) {
    long memory = Slab.kzalloc(Balloon.SIZE, Gfp.GFP_KERNEL);
    if (memory == 0) {
      return -Errno.ENOMEM;
    }
    Balloon vb = new Balloon(memory);
    vb.init(device);
    device.setPriv(memory);
    int error = setUp(vb);
    if (error != 0) {
      device.setPriv(0);
      Slab.kfree(memory);
      return error;
    }
    device.ready();
    Printk.info("virtio_balloon virtio%d: ready\n", device.index());
    kickStats(vb);
    if (Inflate.towardsTarget(vb) != 0) {
      changed(device);
    }
    return 0;
  }

  private static int setUp(Balloon vb) {
    VirtioDevice device = vb.device();
    int error = initQueues(vb);
    if (error != 0) {
      return error;
    }
    if (device.hasFeature(BalloonIds.F_FREE_PAGE_HINT)) {
      error = FreePageHinting.probe(vb, vb.infos().at(BalloonIds.VQ_FREE_PAGE).queue());
      if (error != 0) {
        // The statistics buffer is in the queue: the device must let go of it first.
        device.reset();
        device.config().delVqs(device);
        return error;
      }
    }
    if (device.hasFeature(BalloonIds.F_DEFLATE_ON_OOM)) {
      vb.oomBlock().setup(Inflate::oomNotify, BalloonIds.OOM_PRIORITY, vb.address());
      Oom.registerNotifier(vb.oomBlock());
    }
    return 0;
  }

  /** init_vqs: five slots, some of them without a queue (UAPI-05, UAPI-10, EDGE-03). */
  private static int initQueues(Balloon vb) {
    VirtioDevice device = vb.device();
    VirtqueueInfo infos = vb.infos();
    infos.at(BalloonIds.VQ_INFLATE).ask("inflate", BalloonDriver::acked);
    infos.at(BalloonIds.VQ_DEFLATE).ask("deflate", BalloonDriver::acked);
    infos.at(BalloonIds.VQ_STATS).leaveOut();
    infos.at(BalloonIds.VQ_FREE_PAGE).leaveOut();
    infos.at(BalloonIds.VQ_REPORTING).leaveOut();
    if (device.hasFeature(BalloonIds.F_STATS_VQ)) {
      infos.at(BalloonIds.VQ_STATS).ask("stats", Stats::request);
    }
    if (device.hasFeature(BalloonIds.F_FREE_PAGE_HINT)) {
      infos.at(BalloonIds.VQ_FREE_PAGE).ask("free_page_vq", null);
    }
    int error = device.config().findVqs(device, infos, BalloonIds.VQ_MAX);
    if (error != 0) {
      return error;
    }
    vb.setQueues(infos.at(BalloonIds.VQ_INFLATE).queue(), infos.at(BalloonIds.VQ_DEFLATE).queue());
    if (device.hasFeature(BalloonIds.F_STATS_VQ)) {
      vb.setStatsQueue(infos.at(BalloonIds.VQ_STATS).queue());
      error = Stats.prime(vb);
      if (error != 0) {
        Printk.warn("virtio_balloon virtio%d: init_vqs: add stat_vq failed\n", device.index());
        device.config().delVqs(device);
      }
    }
    return error;
  }

  private static void kickStats(Balloon vb) {
    if (vb.device().hasFeature(BalloonIds.F_STATS_VQ)) {
      boolean unused = VirtioRing.kick(vb.statsQueue());
    }
  }

  /** balloon_ack: whoever waits looks at its own queue (CLASSIC-10). In interrupt. */
  static void acked(Virtqueue q) {
    Balloon.of(q.device()).acked().wakeUp();
  }

  @Override
  public void configChanged(VirtioDevice device) {
    changed(device);
  }

  /** virtballoon_changed: never reads the config space itself (CLASSIC-02). Any context. */
  private static void changed(VirtioDevice device) {
    Balloon vb = Balloon.of(device);
    int flags = vb.stopLock().lockIrqsave();
    if (!vb.isStopped()) {
      boolean unused = Workqueue.systemFreezable().queueWork(vb.sizeWork());
      FreePageHinting.configChanged(vb);
    }
    vb.stopLock().unlockIrqrestore(flags);
  }

  /** virtballoon_remove, in the order of CLASSIC-20, save that hinted blocks wait for the reset. */
  @Override
  public void remove(VirtioDevice device) {
    Balloon vb = Balloon.of(device);
    boolean hinting = device.hasFeature(BalloonIds.F_FREE_PAGE_HINT);
    if (device.hasFeature(BalloonIds.F_DEFLATE_ON_OOM)) {
      Oom.unregisterNotifier(vb.oomBlock());
    }
    int flags = vb.stopLock().lockIrqsave();
    vb.setStopped();
    vb.stopLock().unlockIrqrestore(flags);
    boolean unusedSize = vb.sizeWork().cancelSync();
    boolean unusedStats = vb.statsWork().cancelSync();
    if (hinting) {
      FreePageHinting.quiesce(vb);
    }
    deflateAll(vb);
    device.reset();
    if (device.config().status(device) == 0) {
      Inflate.releaseHeld(vb);
    }
    if (hinting) {
      FreePageHinting.release(vb);
    }
    device.config().delVqs(device);
    device.setPriv(0);
    Slab.kfree(vb.address());
    Printk.info("virtio_balloon virtio%d: removed\n", device.index());
  }

  /** remove_common: all pages back, then the count. */
  private static void deflateAll(Balloon vb) {
    while (vb.numPages() > 0 && !vb.deflateQueue().isBroken()) {
      long before = vb.numPages();
      if (Inflate.leak(vb, before) == 0) {
        break;
      }
    }
    Inflate.updateActual(vb);
  }

  /** Balloon pages in the balloon of a device that has one, for tests and messages. */
  public static long heldPages(VirtioDevice device) {
    return device.priv() == 0 ? 0 : Balloon.of(device).numPages();
  }
}
