package aerostat.vmm.migration.postcopy;

import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.wire.Link;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pages of a guest that runs here already and that are still with its source: they come over as
 * many connections as it takes, one at a time. Thread-safe.
 */
public final class LatePages {
  private static final Logger LOG = LoggerFactory.getLogger(LatePages.class);
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private final MovableGuest guest;
  private final MissingPages missing;
  private final MigrationStats stats;
  private final Consumer<String> announce;

  /** One connection brings pages at a time. */
  private final Object turn = new Object();

  private @Nullable Link link;

  /**
   * @param announce told of each change of the migration's status
   */
  public LatePages(
      MovableGuest guest, MissingPages missing, MigrationStats stats, Consumer<String> announce) {
    this.guest = guest;
    this.missing = missing;
    this.stats = stats;
    this.announce = announce;
  }

  /** Whether any is not there yet. */
  public boolean missing() {
    return missing.left() > 0;
  }

  /** A connection that brings pages, on its own thread, until all are there or it breaks. */
  public void serve(Link next) {
    Link old;
    synchronized (this) {
      old = link;
      link = next;
    }
    if (old != null) {
      old.close();
    }
    synchronized (turn) {
      boolean waiting = missing();
      if (waiting) {
        announce.accept("postcopy-active");
      }
      next.transport().patience(PATIENCE);
      try {
        new PostcopyDestination(guest.memory(), missing, stats).serve(next);
      } catch (IOException e) {
        LOG.warn("postcopy is interrupted: {}", e.toString());
        stats.warning("postcopy is interrupted: " + e.getMessage());
      }
      if (missing()) {
        announce.accept("postcopy-paused");
      } else if (waiting) { // else it was the source that had not heard of it
        guest.arrived();
        announce.accept("completed");
      }
    }
  }

  /** The process ends: who waits for a page gets an exception. */
  public void close() {
    Link now;
    synchronized (this) {
      now = link;
    }
    if (now != null) {
      now.close();
    }
    missing.lost("the process ends before all pages have come");
  }
}
