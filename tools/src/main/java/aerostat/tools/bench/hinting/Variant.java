package aerostat.tools.bench.hinting;

/** What is compared: a driver variant, its options, and what the device must offer for it. */
enum Variant {
  NONE("none", "free-page-hint=off", ""),
  MERGED("merged", "free-page-hint=on", ""),
  /** The batch allocation that the commit message of 86a559787e leaves to be done. */
  MERGED_BATCH("merged", "free-page-hint=on", "virtio_balloon.batch=16"),
  MERGED_420("merged-4.20", "free-page-hint=on", ""),
  MERGED_FREE_ON_STOP("merged-free-on-stop", "free-page-hint=on", ""),
  WALK_V28("walk-v28", "free-page-hint=on", ""),
  BITMAP_2016("bitmap-2016", "get-free-pages=on", ""),
  /** As its reviewers wanted it: ids and pieces, the zone's lock kept over each. */
  BITMAP_2016_LOCK("bitmap-2016", "get-free-pages=on,x-request-id=on", ""),
  BITMAP_2016_DROP("bitmap-2016", "get-free-pages=on,x-request-id=on,x-drop-lock=on", ""),
  REPORTING("reporting", "free-page-hint=off,free-page-reporting=on", "");

  private final String driver;
  private final String balloon;
  private final String append;

  Variant(String driver, String balloon, String append) {
    this.driver = driver;
    this.balloon = balloon;
    this.append = append;
  }

  /** As in the table. */
  String title() {
    return switch (this) {
      case MERGED_BATCH -> "merged, batches of 16";
      case BITMAP_2016_LOCK -> "bitmap-2016, lock kept";
      case BITMAP_2016_DROP -> "bitmap-2016, pieces";
      default -> driver;
    };
  }

  /** Of {@code --balloon}. */
  String balloon() {
    return balloon;
  }

  /** For the guest's command line. */
  String append() {
    return ("virtio_balloon.variant=" + driver + " " + append).strip();
  }
}
