package aerostat.vmm.image;

/** From an image to code that can run: verify and rewrite, with a cache in memory and on disk. */
public final class Images {
  private Images() {}

  /**
   * Verifies and rewrites an image, or takes the result from a cache.
   *
   * @throws ImageRefusedException if it breaks a rule
   */
  public static RewrittenImage rewrite(GuestImage image) {
    throw new UnsupportedOperationException(image.entryClass());
  }
}
