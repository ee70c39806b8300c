package aerostat.vmm.migration.postcopy;

import aerostat.mmio.memory.PageBitmap;
import org.jspecify.annotations.Nullable;

/** The wish that a guest goes before its last pages, and whether it came to that. Thread-safe. */
public final class PostcopySwitch {
  /** Of a migration without the capability. */
  public static final PostcopySwitch NEVER = new PostcopySwitch(false);

  private final boolean allowed;
  private volatile boolean wanted;
  private volatile @Nullable PageBitmap missing;

  public PostcopySwitch(boolean allowed) {
    this.allowed = allowed;
  }

  /** Whether the migration has the capability. */
  public boolean allowed() {
    return allowed;
  }

  /**
   * {@code migrate-start-postcopy}.
   *
   * @throws IllegalStateException without the capability
   */
  public void start() {
    if (!allowed) {
      throw new IllegalStateException(
          "Enable postcopy with migrate_set_capability before the start of migration");
    }
    wanted = true;
  }

  /** Whether {@code migrate-start-postcopy} came. */
  public boolean wanted() {
    return wanted;
  }

  /** The guest goes, these pages come later. */
  public void switched(PageBitmap pages) {
    missing = pages;
  }

  /** Pages that come after the guest. */
  public PageBitmap missing() {
    PageBitmap known = missing;
    if (known == null) {
      throw new IllegalStateException("no page comes after the guest");
    }
    return known;
  }

  /** Whether pages come after the guest. */
  public boolean switched() {
    return missing != null;
  }
}
