package aerostat.vmm.migration;

/** The wish that a guest goes before its last pages, and whether it came to that. Thread-safe. */
final class PostcopySwitch {
  /** Of a migration without the capability. */
  static final PostcopySwitch NEVER = new PostcopySwitch(false);

  private final boolean allowed;
  private volatile boolean wanted;
  private volatile long missing;

  PostcopySwitch(boolean allowed) {
    this.allowed = allowed;
  }

  boolean allowed() {
    return allowed;
  }

  /**
   * {@code migrate-start-postcopy}.
   *
   * @throws IllegalStateException without the capability
   */
  void start() {
    if (!allowed) {
      throw new IllegalStateException(
          "Enable postcopy with migrate_set_capability before the start of migration");
    }
    wanted = true;
  }

  boolean wanted() {
    return wanted;
  }

  /** The guest goes, so many pages come later. */
  void switched(long pages) {
    missing = pages;
  }

  /** Whether pages come after the guest. */
  boolean switched() {
    return missing > 0;
  }
}
