package aerostat.devices.balloon;

/** The balloon's queues in the specification's order, with QEMU's ring sizes (UAPI-04, UAPI-08). */
enum QueueRole {
  INFLATE(128, 0),
  DEFLATE(128, 0),
  STATS(128, BalloonLayout.F_STATS_VQ),
  FREE_PAGE(1024, BalloonLayout.F_FREE_PAGE_HINT),
  REPORTING(32, BalloonLayout.F_REPORTING);

  final int size;
  private final long feature;

  QueueRole(int size, long feature) {
    this.size = size;
    this.feature = feature;
  }

  boolean exists(long features) {
    return feature == 0 || (features & feature) != 0;
  }
}
