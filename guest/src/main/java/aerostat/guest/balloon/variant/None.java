package aerostat.guest.balloon.variant;

import aerostat.guest.balloon.BalloonVariant;

/** The classic balloon, neither hinting nor reporting. */
record None() implements BalloonVariant {
  @Override
  public String name() {
    return "none";
  }
}
