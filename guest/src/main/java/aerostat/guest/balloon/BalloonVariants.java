package aerostat.guest.balloon;

import aerostat.guest.kernel.CString;

/** The driver's variants, by the names that the kernel command line gives them. */
final class BalloonVariants {
  private BalloonVariants() {}

  /**
   * The hinting strategy {@code virtio_balloon.hinting=NAME}; null for a name that is not known.
   */
  static HintStrategy hinting(CString name) {
    if (name == null || name.is("merged")) {
      return new HeldBlocks();
    }
    return null;
  }
}
