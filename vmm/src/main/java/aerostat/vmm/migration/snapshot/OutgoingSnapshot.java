package aerostat.vmm.migration.snapshot;

import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.pages.DirtyPages;
import aerostat.vmm.migration.pages.PlantedErrors;
import aerostat.vmm.migration.source.SwitchOver;
import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A migration into a file: rounds while the guest runs, a short pause for what is left, and then
 * the guest goes on here as before. One thread does all of it.
 */
public final class OutgoingSnapshot implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OutgoingSnapshot.class);
  private static final int MOST_ROUNDS = 5;
  private static final int FEW_PAGES = 64;
  private static final int CANCEL_LOOK_PAGES = 4096;

  private final MovableGuest guest;
  private final FileUri file;
  private final @Nullable ParentLink parent;
  private final Consumer<MachineEvent> events;
  private final Consumer<UUID> saved;
  private final MigrationStats stats;
  private final SwitchOver switchOver;
  private final DirtyPages dirty;
  private final Thread thread = new Thread(this::run, "migration-file");
  private volatile boolean cancelled;

  /**
   * @param parent what a diff builds on: a snapshot since whose end the dirty log has not been
   *     taken by anybody; null for a whole snapshot
   * @param saved told the snapshot's uuid once it is on the disk
   */
  OutgoingSnapshot(
      MovableGuest guest,
      FileUri file,
      @Nullable ParentLink parent,
      MigrationParameters parameters,
      Consumer<MachineEvent> events,
      Consumer<UUID> saved) {
    this.guest = guest;
    this.file = file;
    this.parent = parent;
    this.events = events;
    this.saved = saved;
    stats = new MigrationStats(UUID.randomUUID(), guest.memory().size());
    // A hinted page that is left out would read as zero in a guest that is restored: allowed, but
    // the guest that goes on here would then have to be asked for its pages back.
    switchOver = new SwitchOver(guest, parameters.with(Map.of("x-hinting", false)));
    dirty = new DirtyPages(guest, new PlantedErrors());
    thread.setDaemon(true);
  }

  void start() {
    announce("setup");
    thread.start();
  }

  boolean over() {
    return stats.over();
  }

  /** Its counters, for {@code query-migrate}. */
  public Map<String, Object> query() {
    return stats.toMap();
  }

  /** The guest goes on, and no file is left. */
  void cancel() {
    if (!stats.over()) {
      cancelled = true;
      announce("cancelling");
    }
  }

  /** Stops at once, and waits for it: the guest's memory is about to go. */
  @Override
  public void close() {
    cancelled = true;
    boolean interrupted = false;
    while (thread.isAlive() && Thread.currentThread() != thread) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try (SnapshotWriter out = new SnapshotWriter(file.path(), guest.memory(), parent)) {
      stats.sources(dirty::remaining, dirty::hinted);
      if (parent == null) {
        dirty.begin();
      }
      announce("active");
      rounds(out);
      announce("device");
      last(out);
      announce("completed");
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      if (!cancelled) {
        LOG.warn("snapshot {} failed: {}", file.path(), e.toString());
        stats.error(e.getMessage() == null ? e.toString() : e.getMessage());
      }
      announce(cancelled ? "cancelled" : "failed");
    }
  }

  private void rounds(SnapshotWriter out) throws IOException {
    stats.synced(dirty.sync());
    for (int i = 0; i < MOST_ROUNDS; i++) {
      long before = dirty.remaining();
      if (before < FEW_PAGES) {
        return;
      }
      round(out);
      stats.synced(dirty.sync());
      pass();
      if (dirty.remaining() > before - before / 5) {
        return;
      }
    }
  }

  private void last(SnapshotWriter out) throws IOException {
    SnapshotWriter.Parts parts;
    boolean ran;
    stats.paused(System.nanoTime());
    switchOver.pause();
    try {
      stats.synced(dirty.sync());
      pass();
      round(out);
      parts = MachineSnapshots.parts(guest, out);
      ran = switchOver.ran();
    } finally {
      switchOver.back();
      stats.resumed();
    }
    // Everything is copied: the guest need not stand while the disk takes it.
    out.finish(parts, ran);
    saved.accept(out.uuid());
  }

  private void round(SnapshotWriter out) throws IOException {
    PageBitmap bits = dirty.bits();
    long data = out.dataPages();
    long zeros = out.zeroPages();
    stats.roundBegins(bits.cardinality(), data << 12);
    long page = bits.nextSet(0);
    while (page >= 0) {
      if (cancelled) {
        throw new Transport.StoppedException();
      }
      long end = Math.min(bits.nextClear(page), page + CANCEL_LOOK_PAGES);
      dirty.taken(page, end);
      out.pages(page, end);
      stats.dataPages(out.dataPages() - data);
      stats.zeroPages(out.zeroPages() - zeros);
      data = out.dataPages();
      zeros = out.zeroPages();
      stats.transferred(data << 12);
      page = bits.nextSet(end);
    }
    stats.roundEnds(out.dataPages() << 12);
  }

  private void pass() {
    events.accept(new MachineEvent("MIGRATION_PASS", Long.toString(stats.syncs())));
  }

  private void announce(String status) {
    if (stats.status(status)) {
      events.accept(new MachineEvent("MIGRATION", status));
    }
  }
}
