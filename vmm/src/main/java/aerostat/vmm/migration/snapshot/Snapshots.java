package aerostat.vmm.migration.snapshot;

import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MovableGuest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The {@code file:} side of {@code MigrationService}, whose lock guards it. */
public final class Snapshots implements AutoCloseable {
  /** A snapshot since which the dirty log tells all that changed. */
  private record Base(MovableGuest guest, Path path, UUID uuid) {}

  /** Longest wait for the guest's first poll, only to tell of it. */
  private static final long FIRST_POLL = TimeUnit.MILLISECONDS.toNanos(5);

  private final GuestHost host;
  private final Consumer<MachineEvent> events;
  private volatile @Nullable Base base;
  private @Nullable OutgoingSnapshot last;
  private Map<String, Object> restored = Map.of();

  public Snapshots(GuestHost host, Consumer<MachineEvent> events) {
    this.host = host;
    this.events = events;
  }

  /** Whether none is being written. */
  public boolean over() {
    OutgoingSnapshot now = last;
    return now == null || now.over();
  }

  /** Gives the one that is being written up. */
  public void cancel() {
    OutgoingSnapshot now = last;
    if (now != null) {
      now.cancel();
    }
  }

  /** Somebody else takes the dirty log: what changed since the last snapshot is lost track of. */
  public void logIsTaken() {
    base = null;
  }

  /**
   * Begins to write one.
   *
   * @throws IllegalStateException for a diff where nothing is known to build on
   */
  public OutgoingSnapshot save(MovableGuest guest, FileUri file, MigrationParameters parameters) {
    ParentLink parent = null;
    Base old = base;
    if (file.diff()) {
      if (old == null || !old.guest().equals(guest)) {
        throw new IllegalStateException(
            "a diff builds on a snapshot that this process made or restored, with no migration"
                + " since: make a whole one first");
      }
      parent = ParentLink.to(old.uuid(), old.path(), file.path());
    }
    base = null;
    OutgoingSnapshot next =
        new OutgoingSnapshot(
            guest,
            file,
            parent,
            parameters,
            events,
            uuid -> base = new Base(guest, file.path(), uuid));
    last = next;
    next.start();
    return next;
  }

  /**
   * Restores one: the guest is this process's, and runs if it ran when it was saved.
   *
   * @throws IOException with the reason; nothing has changed then
   */
  public void restore(FileUri file, boolean verify) throws IOException {
    long begin = System.nanoTime();
    long polled = 0;
    try (SnapshotChain chain = SnapshotChain.open(file.path())) {
      MovableGuest guest = SnapshotRestore.restore(chain, host, verify);
      if (host.present() != null) {
        host.remove();
      }
      host.install(guest);
      base = new Base(guest, file.path(), chain.newest().header().uuid());
      if (chain.newest().header().running()) {
        guest.start();
        polled = guest.awaitFirstPoll(FIRST_POLL);
      } else {
        guest.setState(RunState.PAUSED);
      }
      Map<String, Object> state = new LinkedHashMap<>();
      state.put("status", "completed");
      state.put("total-time", (System.nanoTime() - begin) / 1_000_000);
      if (polled != 0) {
        state.put("x-first-poll", (polled - begin) / 1e6);
      }
      state.put("x-uuid", chain.newest().header().uuid().toString());
      restored = state;
    }
    events.accept(new MachineEvent("MIGRATION", "completed"));
  }

  /** What {@code query-migrate} says of the last restore. */
  public Map<String, Object> restored() {
    return restored;
  }

  @Override
  public void close() {
    OutgoingSnapshot now = last;
    if (now != null) {
      now.close();
    }
  }
}
