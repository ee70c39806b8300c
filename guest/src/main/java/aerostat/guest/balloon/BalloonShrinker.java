package aerostat.guest.balloon;

import aerostat.guest.mm.Shrinker;
import aerostat.guest.mm.ShrinkerOps;

/**
 * DEFLATE_ON_OOM as in Linux 5.4 to 5.6: a shrinker, with its arithmetic put right (HFIX-04,
 * HFIX-05). Any reclaim deflates the balloon, also that of page cache, which is why it went back to
 * the notifier (CLASSIC-16).
 */
record BalloonShrinker() implements ShrinkerOps {
  @Override
  public long countObjects(Shrinker shrinker) {
    return new Balloon(shrinker.data()).numPages();
  }

  /** shrink_balloon_pages: rounds of at most 256 until it is enough, then actual. */
  @Override
  public long scanObjects(Shrinker shrinker, long nr) {
    Balloon vb = new Balloon(shrinker.data());
    long freed = 0;
    long round = 1;
    while (freed < nr && round != 0) {
      round = Inflate.leak(vb, nr - freed);
      freed += round;
    }
    Inflate.updateActual(vb);
    return freed;
  }
}
