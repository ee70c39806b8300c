package aerostat.guest.balloon.variant;

import aerostat.guest.balloon.Balloon;
import aerostat.guest.balloon.BalloonIds;
import aerostat.guest.balloon.HoldingVariant;
import aerostat.guest.virtio.VirtioIds;

/**
 * What Amit Shah asked for in 2016, so that administrators need not unload the driver: a feature
 * bit of our own tells the host that this guest gives no memory away. Statistics, hints and
 * reporting work as ever; a target is left alone.
 */
record NoBalloon() implements HoldingVariant {
  @Override
  public String name() {
    return "no-balloon";
  }

  @Override
  public long features() {
    return new Merged().features() | VirtioIds.bit(BalloonIds.F_NO_BALLOON);
  }

  /** Also of a host that did not offer the bit, or sets targets all the same. */
  @Override
  public long target(Balloon vb, long target) {
    return 0;
  }
}
