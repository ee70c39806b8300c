package aerostat.devices.balloon;

/** The statistics in order of their tags, with the keys of QEMU's guest-stats (A.4). */
enum StatTag {
  SWAP_IN("stat-swap-in"),
  SWAP_OUT("stat-swap-out"),
  MAJOR_FAULTS("stat-major-faults"),
  MINOR_FAULTS("stat-minor-faults"),
  FREE_MEMORY("stat-free-memory"),
  TOTAL_MEMORY("stat-total-memory"),
  AVAILABLE_MEMORY("stat-available-memory"),
  DISK_CACHES("stat-disk-caches"),
  HTLB_PGALLOC("stat-htlb-pgalloc"),
  HTLB_PGFAIL("stat-htlb-pgfail"),
  OOM_KILLS("stat-oom-kills"),
  ALLOC_STALLS("stat-alloc-stalls"),
  ASYNC_SCANS("stat-async-scans"),
  DIRECT_SCANS("stat-direct-scans"),
  ASYNC_RECLAIMS("stat-async-reclaims"),
  DIRECT_RECLAIMS("stat-direct-reclaims");

  final String key;

  StatTag(String key) {
    this.key = key;
  }
}
