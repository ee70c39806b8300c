package aerostat.guest.balloon;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.mm.PageReporting;
import aerostat.guest.mm.PageReportingDevInfo;
import aerostat.guest.mm.PageReportingOps;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;

/** Free page reporting, the driver's side: what mm finds free goes to the device (REPORT-18). */
record Reporting() implements PageReportingOps {
  /** The reporting part of probe, before DRIVER_OK. 0, or a negative error (EDGE-47: busy). */
  static int register(Balloon vb) {
    if (!vb.device().hasFeature(BalloonIds.F_REPORTING)) {
      return 0;
    }
    PageReportingDevInfo prdev = vb.reporting();
    prdev.setReport(new Reporting());
    prdev.setOrder(PageReportingDevInfo.PAGE_REPORTING_ORDER_UNSPECIFIED);
    // A smaller ring takes smaller reports; up to Linux 6.12 the probe failed (UAPI-09, REPORT-17).
    prdev.setCapacity(
        Math.min(vb.reportingQueue().size(), PageReportingDevInfo.PAGE_REPORTING_CAPACITY));
    return PageReporting.register(prdev);
  }

  static void unregister(Balloon vb) {
    if (vb.device().hasFeature(BalloonIds.F_REPORTING)) {
      PageReporting.unregister(vb.reporting());
    }
  }

  /** virtballoon_free_page_report: one buffer, then sleep until the device has used it. */
  @Override
  public int report(PageReportingDevInfo prdev, Scatterlist sgl, int nents) {
    Balloon vb = Balloon.ofReporting(prdev);
    Virtqueue q = vb.reportingQueue();
    int error = VirtioRing.addSgs(q, sgl, 0, nents, vb.address());
    if (error != 0) {
      if (vb.errorLimit().allows()) {
        Printk.warn(
            "virtio_balloon virtio%d: %s: cannot add buffer, err = %d\n",
            vb.device().index(), q.name(), error);
      }
      return error;
    }
    var unused = VirtioRing.kick(q);
    vb.acked().waitEvent(new Inflate.Used(), q.address());
    // A broken device has not acknowledged: the pages are no worse than not reported.
    return q.isBroken() ? -Errno.EIO : 0;
  }
}
