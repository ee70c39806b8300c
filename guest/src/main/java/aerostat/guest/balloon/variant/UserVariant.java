package aerostat.guest.balloon.variant;

import aerostat.guest.balloon.BalloonVariant;

/**
 * The place of a user's own variant. {@code aerostat run --driver MyBalloon.java} puts another
 * class of this name into the image, which returns that variant.
 */
final class UserVariant {
  private UserVariant() {}

  /** The variant; null here, since this image has none. */
  static BalloonVariant variant() {
    return null;
  }
}
