package aerostat.guest.balloon;

import aerostat.guest.kernel.Errno;
import aerostat.guest.mm.MovableOps;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.SysInfo;
import aerostat.guest.mm.VmStat;

/**
 * virtballoon_migratepage and what mm/balloon.c does around it: a page in the balloon is exchanged
 * for another one (CLASSIC-13 to CLASSIC-15). {@code held} and {@code actual} stay as they are.
 */
record BalloonMove() implements MovableOps {
  private static Balloon balloon(Page page) {
    return new Balloon(page.privateData());
  }

  @Override
  public int order(Page page) {
    return balloon(page).pageOrder();
  }

  /** While it is isolated nobody can deflate it (CLASSIC-15). */
  @Override
  public boolean isolate(Page page) {
    if (!page.isOffline()) {
      return false;
    }
    page.lru().del();
    balloon(page).addIsolated(1);
    return true;
  }

  @Override
  public void putBack(Page page) {
    Balloon vb = balloon(page);
    vb.pages().add(page.lru());
    vb.addIsolated(-1);
  }

  /** First the new page is the host's, then the old one the guest's (CLASSIC-14). */
  @Override
  public int migrate(Page dst, Page src) {
    Balloon vb = balloon(src);
    if (!vb.lock().tryLock()) {
      return -Errno.EAGAIN;
    }
    Inflate.enqueue(vb, dst, VmStat.BALLOON_MIGRATE);
    vb.addIsolated(-1);
    boolean moved = tell(vb, dst, true) && tell(vb, src, false);
    if (moved) {
      vb.addNumPages(-vb.pagesPerPage());
      if (!vb.device().hasFeature(BalloonIds.F_DEFLATE_ON_OOM)) {
        SysInfo.adjustManagedPageCount(src, vb.pagesPerPage());
      }
      src.clearOffline();
    } else {
      vb.pages().add(src.lru()); // the device may think that it owns either
    }
    vb.lock().unlock();
    return moved ? 0 : -Errno.EIO;
  }

  private static boolean tell(Balloon vb, Page page, boolean inflate) {
    vb.setNumPfns(0);
    Inflate.addPfns(vb, page);
    return vb.variant().tellHost(vb, inflate ? vb.inflateQueue() : vb.deflateQueue());
  }
}
