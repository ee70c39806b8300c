package aerostat.guest.balloon.variant;

import aerostat.guest.balloon.HoldingVariant;

/** The driver as merged in Linux (7.2), with the repairs that docs/balloon-driver.md lists. */
record Merged() implements HoldingVariant {
  @Override
  public String name() {
    return "merged";
  }
}
