package aerostat.guest.balloon.variant;

import aerostat.guest.balloon.BalloonIds;
import aerostat.guest.balloon.BalloonVariant;

/** No hinting: free page reporting only. */
record ReportingOnly() implements BalloonVariant {
  @Override
  public String name() {
    return "reporting";
  }

  @Override
  public long features() {
    return BalloonIds.classicAnd(BalloonIds.F_REPORTING);
  }
}
