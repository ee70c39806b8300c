package aerostat.guest.balloon.variant;

import aerostat.guest.balloon.Balloon;
import aerostat.guest.balloon.BalloonIds;
import aerostat.guest.balloon.HeldBlocks;
import aerostat.guest.balloon.Inflate;
import aerostat.guest.mm.Shrinker;
import aerostat.guest.mm.ShrinkerOps;

/**
 * The shrinker of {@link Merged420}: hinted blocks first, then the balloon, with the arithmetic
 * that HFIX-04 and HFIX-05 put right a year later.
 */
record Shrinker420() implements ShrinkerOps {
  private static boolean hints(Balloon vb) {
    return vb.device().hasFeature(BalloonIds.F_FREE_PAGE_HINT);
  }

  /** Shifts the wrong way: a thousand blocks count as none (HFIX-05, EDGE-43). */
  @Override
  public long countObjects(Shrinker shrinker) {
    Balloon vb = new Balloon(shrinker.data());
    long blocks = hints(vb) ? vb.hinting().numUsed() : 0;
    return vb.numPages() + (blocks >> HeldBlocks.BLOCK_ORDER);
  }

  @Override
  public long scanObjects(Shrinker shrinker, long nr) {
    Balloon vb = new Balloon(shrinker.data());
    long toFree = nr;
    long freed = 0;
    if (hints(vb)) {
      long blocks = (nr + HeldBlocks.BLOCK_PAGES - 1) / HeldBlocks.BLOCK_PAGES;
      freed = Merged420.free(vb.hinting(), blocks) << HeldBlocks.BLOCK_ORDER;
    }
    if (Long.compareUnsigned(freed, toFree) >= 0) {
      return freed;
    }
    // What has been freed altogether is taken off each time; below 0, all of the balloon goes.
    long round = 1;
    while (vb.numPages() != 0 && toFree != 0 && round != 0) {
      toFree -= freed;
      round = toFree == 0 ? 0 : Inflate.leak(vb, toFree < 0 ? BalloonIds.PFNS_MAX : toFree);
      freed += round;
    }
    Inflate.updateActual(vb);
    return freed;
  }
}
