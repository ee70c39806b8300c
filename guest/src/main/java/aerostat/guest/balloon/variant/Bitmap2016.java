package aerostat.guest.balloon.variant;

import aerostat.guest.balloon.Balloon;
import aerostat.guest.balloon.BalloonIds;
import aerostat.guest.balloon.BalloonQueues;
import aerostat.guest.balloon.BalloonVariant;
import aerostat.guest.balloon.Inflate;
import aerostat.guest.balloon.Poison;
import aerostat.guest.kernel.Errno;
import aerostat.guest.virtio.VirtioDevice;
import aerostat.guest.virtio.VirtioIds;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;
import aerostat.guest.virtio.VirtqueueInfo;

/**
 * Generation 1, the GET_FREE_PAGES series of 2016 (BITMAP rules), and what its reviewers asked for.
 *
 * <p>The wire, all numbers u64 and little-endian; queue slot 3, feature bit 3:
 *
 * <ul>
 *   <li>Request, one writable buffer, posted at setup and with each reply: +0 caches to drop first
 *       (bit 0 page cache, bit 1 slab). The device fills it and returns it with its length, 8.
 *   <li>Reply, readable: a header, +0 bytes of the bitmap, and the bitmap of all page frames from 0
 *       on ({@link FreePageBitmap}). Length 0: there was no memory for it.
 *   <li>With bit 51 (a request id, which Michael Tsirkin asked for) a request has 32 bytes: +8 id,
 *       +16 most bytes of a bitmap (0: all in one), +24 zero; and a header has 32: +8 the id, +16
 *       first page frame, +24 flags, bit 0 in the last reply to a request. The zone's lock is kept
 *       from before a bitmap is built until the device has used it, so that its pages are free when
 *       the host acts on them, unless bit 52 permits to let it go.
 *   <li>With bit 53 the inflate and deflate queues take bitmaps too: +0 first page frame, a
 *       multiple of 64, +8 bytes of the bitmap that follows, a multiple of 8. With bit 54 there is
 *       a queue more, slot 5, on which each page is inflated and deflated in one go.
 * </ul>
 *
 * <p>{@link FreePageRequest} serves a request, {@link PageBitmaps} speaks of pages, {@link InOneGo}
 * uses the last queue.
 */
record Bitmap2016() implements BalloonVariant {
  static final int F_GET_FREE_PAGES = 3;
  static final int F_REQUEST_ID = 51;
  static final int F_DROP_LOCK = 52;
  static final int F_PAGE_BITMAP = 53;
  static final int F_INFLATE_DEFLATE = 54;

  @Override
  public String name() {
    return "bitmap-2016";
  }

  @Override
  public long features() {
    return BalloonIds.classicAnd(F_GET_FREE_PAGES)
        | VirtioIds.bit(F_REQUEST_ID)
        | VirtioIds.bit(F_DROP_LOCK)
        | VirtioIds.bit(F_PAGE_BITMAP)
        | VirtioIds.bit(F_INFLATE_DEFLATE);
  }

  /** Who has no use for a bit without another gives it up with the other (BASE-DRV-06). */
  @Override
  public int validate(VirtioDevice device) {
    giveUp(device, F_REQUEST_ID, F_GET_FREE_PAGES);
    giveUp(device, F_DROP_LOCK, F_REQUEST_ID);
    giveUp(device, F_INFLATE_DEFLATE, F_PAGE_BITMAP);
    Poison.validate(device);
    return 0;
  }

  private static void giveUp(VirtioDevice device, int feature, int needed) {
    if (!device.hasFeature(needed)) {
      device.clearFeature(feature);
    }
  }

  private static boolean absent(Balloon vb) {
    return !vb.device().hasFeature(F_GET_FREE_PAGES);
  }

  /** BITMAP-01: four queues, although there may be no statistics. */
  @Override
  public void askQueues(Balloon vb, VirtqueueInfo infos) {
    boolean own = vb.device().hasFeature(F_INFLATE_DEFLATE);
    infos.at(BalloonIds.VQ_VARIANT).leaveOut(vb.device().offers(F_INFLATE_DEFLATE));
    if (own) {
      infos.at(BalloonIds.VQ_VARIANT).ask("inflate_deflate", BalloonQueues::acked);
    }
    if (absent(vb)) {
      return;
    }
    FreePageRequest.of(vb).init(vb);
    infos.at(BalloonIds.VQ_FREE_PAGE).ask("free_pages", FreePageRequest::called);
    if (!vb.device().hasFeature(BalloonIds.F_STATS_VQ)) {
      infos.at(BalloonIds.VQ_STATS).ask("stats", null); // nobody uses it
    }
  }

  @Override
  public int attach(Balloon vb) {
    PageBitmaps pages = PageBitmaps.of(vb);
    if (vb.device().hasFeature(F_PAGE_BITMAP) && !pages.attach()) {
      return -Errno.ENOMEM;
    }
    int error = absent(vb) ? 0 : FreePageRequest.of(vb).post();
    if (error != 0) {
      pages.release();
    }
    return error;
  }

  @Override
  public void ready(Balloon vb) {
    if (!absent(vb)) {
      var unused = VirtioRing.kick(FreePageRequest.of(vb).queue());
    }
    if (vb.device().hasFeature(F_INFLATE_DEFLATE)) {
      InOneGo.of(vb).start(vb);
    }
  }

  /** A bitmap in place of an array of page numbers. */
  @Override
  public boolean tellHost(Balloon vb, Virtqueue q) {
    return vb.device().hasFeature(F_PAGE_BITMAP)
        ? PageBitmaps.of(vb).tellAll(vb, q)
        : Inflate.tell(vb, q, vb.pfns(), 4 * vb.numPfns());
  }

  @Override
  public void quiesce(Balloon vb) {
    if (!absent(vb)) {
      vb.acked().wakeUp(); // who waits with a reply sees that it ends
      var unused = FreePageRequest.of(vb).work().cancelSync();
    }
    if (vb.device().hasFeature(F_INFLATE_DEFLATE)) {
      InOneGo.of(vb).stop();
    }
  }

  @Override
  public void detach(Balloon vb) {
    if (!absent(vb)) {
      FreePageRequest.of(vb).release();
    }
    PageBitmaps.of(vb).release();
  }
}
