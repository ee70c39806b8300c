package aerostat.devices.balloon;

/** The balloon's queues in the specification's order, with QEMU's ring sizes (UAPI-04, UAPI-08). */
enum QueueRole {
  INFLATE("inflate", 128, 0, false),
  DEFLATE("deflate", 128, 0, false),
  STATS("stats", 128, BalloonLayout.F_STATS_VQ, false),
  FREE_PAGE("free_page_vq", 1024, BalloonLayout.F_FREE_PAGE_HINT, true),
  REPORTING("reporting_vq", 32, BalloonLayout.F_REPORTING, true),
  /** Ours ({@link FreePagesLayout}). */
  INFLATE_DEFLATE("inflate_deflate", 128, FreePagesLayout.F_INFLATE_DEFLATE, false);

  final String queueName;
  final int size;
  private final long feature;

  /** Whether writable descriptors only name ranges of guest memory. */
  final boolean ranges;

  QueueRole(String queueName, int size, long feature, boolean ranges) {
    this.queueName = queueName;
    this.size = size;
    this.feature = feature;
    this.ranges = ranges;
  }

  boolean exists(long features) {
    return feature == 0 || (features & feature) != 0;
  }
}
