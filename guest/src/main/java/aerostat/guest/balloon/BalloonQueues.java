package aerostat.guest.balloon;

import aerostat.guest.kernel.Printk;
import aerostat.guest.virtio.VirtioDevice;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;
import aerostat.guest.virtio.VirtqueueInfo;

/** init_vqs: six slots, some of them without a queue (UAPI-04, UAPI-05, UAPI-10, EDGE-03). */
public final class BalloonQueues {
  private BalloonQueues() {}

  /**
   * Finds the queues and fills the statistics buffer. 0, or a negative error: then none is left.
   */
  static int init(Balloon vb) {
    VirtioDevice device = vb.device();
    VirtqueueInfo infos = vb.infos();
    infos.at(BalloonIds.VQ_INFLATE).ask("inflate", BalloonQueues::acked);
    infos.at(BalloonIds.VQ_DEFLATE).ask("deflate", BalloonQueues::acked);
    leaveOut(vb, BalloonIds.VQ_STATS, BalloonIds.F_STATS_VQ);
    leaveOut(vb, BalloonIds.VQ_FREE_PAGE, BalloonIds.F_FREE_PAGE_HINT);
    leaveOut(vb, BalloonIds.VQ_REPORTING, BalloonIds.F_REPORTING);
    infos.at(BalloonIds.VQ_VARIANT).leaveOut(false);
    boolean stats = device.hasFeature(BalloonIds.F_STATS_VQ);
    boolean reporting = device.hasFeature(BalloonIds.F_REPORTING);
    if (stats) {
      infos.at(BalloonIds.VQ_STATS).ask("stats", Stats::request);
    }
    if (reporting) {
      infos.at(BalloonIds.VQ_REPORTING).ask("reporting_vq", BalloonQueues::acked);
    }
    vb.variant().askQueues(vb, infos);
    int error = device.config().findVqs(device, infos, BalloonIds.VQ_MAX);
    if (error != 0) {
      return error;
    }
    vb.setQueues(infos.at(BalloonIds.VQ_INFLATE).queue(), infos.at(BalloonIds.VQ_DEFLATE).queue());
    if (reporting) {
      vb.setReportingQueue(infos.at(BalloonIds.VQ_REPORTING).queue());
    }
    return stats ? primeStats(vb) : 0;
  }

  private static void leaveOut(Balloon vb, int slot, int feature) {
    vb.infos().at(slot).leaveOut(vb.device().offers(feature));
  }

  private static int primeStats(Balloon vb) {
    VirtioDevice device = vb.device();
    vb.setStatsQueue(vb.infos().at(BalloonIds.VQ_STATS).queue());
    int error = Stats.prime(vb);
    if (error != 0) {
      Printk.warn("virtio_balloon virtio%d: init_vqs: add stat_vq failed\n", device.index());
      device.config().delVqs(device);
    }
    return error;
  }

  /** The statistics buffer is in its queue since {@link #init}. */
  static void kickStats(Balloon vb) {
    if (vb.device().hasFeature(BalloonIds.F_STATS_VQ)) {
      var unused = VirtioRing.kick(vb.statsQueue());
    }
  }

  /** balloon_ack: whoever waits looks at its own queue (CLASSIC-10). In interrupt. */
  public static void acked(Virtqueue q) {
    Balloon.of(q.device()).acked().wakeUp();
  }
}
