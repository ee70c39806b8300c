package aerostat.vmm.migration;

import aerostat.mmio.memory.PageBitmap;
import org.jspecify.annotations.Nullable;

/** The wish that a guest goes before its last pages, and whether it came to that. Thread-safe. */
final class PostcopySwitch {
  /** Of a migration without the capability. */
  static final PostcopySwitch NEVER = new PostcopySwitch(false);

  private final boolean allowed;
  private volatile boolean wanted;
  private volatile @Nullable PageBitmap missing;

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

  /** The guest goes, these pages come later. */
  void switched(PageBitmap pages) {
    missing = pages;
  }

  /** Pages that come after the guest. */
  PageBitmap missing() {
    PageBitmap known = missing;
    if (known == null) {
      throw new IllegalStateException("no page comes after the guest");
    }
    return known;
  }

  /** Whether pages come after the guest. */
  boolean switched() {
    return missing != null;
  }
}
