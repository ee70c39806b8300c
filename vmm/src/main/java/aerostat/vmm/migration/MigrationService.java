package aerostat.vmm.migration;

import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.control.MigrationCapabilities;
import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.destination.IncomingListener;
import aerostat.vmm.migration.destination.IncomingSession;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.guest.SlotHost;
import aerostat.vmm.migration.handover.HandoverDestination;
import aerostat.vmm.migration.pages.PlantedErrors;
import aerostat.vmm.migration.postcopy.PostcopySwitch;
import aerostat.vmm.migration.snapshot.FileUri;
import aerostat.vmm.migration.snapshot.Snapshots;
import aerostat.vmm.migration.source.OutgoingMigration;
import aerostat.vmm.migration.tls.TlsObjects;
import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.SocketConnections;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What QMP's migration commands stand on: one process's migrations, out of it and into it.
 * Thread-safe; nothing here waits for a peer.
 */
public final class MigrationService implements AutoCloseable {
  private final GuestHost host;
  private final Connections connections;
  private final boolean prepares;
  private final List<Consumer<MachineEvent>> listeners = new CopyOnWriteArrayList<>();
  private final MigrationCapabilities capabilities = new MigrationCapabilities();
  private final PlantedErrors errors = new PlantedErrors();
  private final Snapshots snapshots;
  private final TlsObjects credentials = new TlsObjects();
  private volatile MigrationParameters parameters = MigrationParameters.DEFAULT;
  private @Nullable OutgoingMigration outgoing;
  private @Nullable IncomingListener incoming;
  private Supplier<Map<String, Object>> shown = Map::of;
  private boolean closed;

  public MigrationService(MachineSlot slot) {
    this(new SlotHost(slot));
  }

  MigrationService(GuestHost host) {
    this(host, new SocketConnections());
  }

  /**
   * A service for guests of any kind, over connections of any kind.
   *
   * @param host where guests are and come
   */
  public MigrationService(GuestHost host, Connections connections) {
    this(host, connections, true);
  }

  private MigrationService(GuestHost host, Connections connections, boolean prepares) {
    this.host = host;
    this.connections = connections;
    this.prepares = prepares;
    this.snapshots = new Snapshots(host, this::tell);
    if (prepares) {
      MigrationPreparation.later();
    }
  }

  /** Does what a process's migrations do, on this thread; for a start-up cache. */
  public static void prepare() throws IOException {
    MigrationPreparation.now();
    MigrationRehearsal.run(6, true, () -> false);
  }

  /** For a process whose only work is its guest: migrations are rehearsed before one is wanted. */
  public static void rehearseEarly() {
    MigrationPreparation.withRehearsal();
  }

  /** For a rehearsal, which is a preparation itself. */
  static MigrationService unprepared(MachineSlot slot) {
    return new MigrationService(new SlotHost(slot), new SocketConnections(), false);
  }

  /**
   * {@code migrate}: starts an outgoing migration to {@code tcp:host:port} or {@code unix:path}, or
   * a snapshot into {@code file:path[,diff=on]}, after which the guest goes on here.
   *
   * @throws IllegalArgumentException for an address that cannot be read
   * @throws IllegalStateException if there is no guest here, or one migration is under way
   */
  public synchronized void migrate(String uri) {
    FileUri file = FileUri.is(uri) ? FileUri.parse(uri) : null;
    MigrationAddress address = file == null ? MigrationAddress.parse(uri) : null;
    if (closed) {
      throw new IllegalStateException("the process ends");
    }
    OutgoingMigration last = outgoing;
    if ((last != null && !last.over()) || !snapshots.over()) {
      throw new IllegalStateException("a migration is under way");
    }
    MovableGuest guest = host.present();
    if (guest == null) {
      throw new IllegalStateException("there is no guest to migrate");
    }
    requireAllPages();
    RunState state = guest.state();
    if (state != RunState.RUNNING && state != RunState.PAUSED && state != RunState.PRELAUNCH) {
      throw new IllegalStateException("a guest in state " + state.qemuName() + " cannot migrate");
    }
    if (address == null) {
      shown = snapshots.save(guest, Objects.requireNonNull(file), parameters)::query;
      return;
    }
    snapshots.logIsTaken();
    OutgoingMigration next =
        new OutgoingMigration(
            guest,
            address,
            connections(false),
            capabilities.on("multifd") ? parameters.multifdChannels() : 0,
            capabilities.on("auto-converge"),
            () -> parameters,
            this::tell,
            last == null ? null : last.ended(),
            errors,
            new PostcopySwitch(capabilities.on("postcopy-ram")));
    if (prepares) {
      MigrationPreparation.needed();
    }
    outgoing = next;
    shown = next::query;
    next.start();
  }

  /**
   * {@code migrate-incoming} and {@code --incoming}: listens, instead of where this process
   * listened before; returns the address in use (port 0 is resolved). {@code file:path} restores a
   * snapshot before it returns.
   *
   * @throws IllegalArgumentException for an address that cannot be read
   * @throws IllegalStateException if a guest is here or coming
   * @throws UncheckedIOException if the address cannot be had
   */
  public synchronized String listen(String uri) {
    FileUri file = FileUri.is(uri) ? FileUri.parse(uri) : null;
    MigrationAddress address = file == null ? MigrationAddress.parse(uri) : null;
    if (prepares) {
      MigrationPreparation.soon();
    }
    if (closed) {
      throw new IllegalStateException("the process ends");
    }
    MovableGuest guest = host.present();
    if (guest != null && guest.state() != RunState.POSTMIGRATE) {
      throw new IllegalStateException("there is a guest here already");
    }
    IncomingListener last = incoming;
    if (last != null) {
      IncomingSession session = last.session();
      requireAllPages();
      if (session != null && session.phase() == HandoverDestination.Phase.WAITING) {
        throw new IllegalStateException("a guest waits here for its source's word");
      }
      last.close();
      incoming = null;
    }
    try {
      if (address == null) {
        snapshots.restore(Objects.requireNonNull(file), parameters.verify());
        shown = snapshots::restored;
        return uri;
      }
      IncomingListener next =
          new IncomingListener(
              host,
              connections(true),
              address,
              error -> parameters.sabotaged(error),
              this::arriving,
              this::tell);
      incoming = next;
      shown = next::query;
      return next.address().toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** {@code migrate_cancel}; an IllegalStateException with a reason once the guest is GIVEN. */
  public synchronized void cancel() {
    if (!snapshots.over()) {
      snapshots.cancel();
    } else if (outgoing != null) {
      outgoing.cancel();
    }
  }

  /**
   * {@code x-migrate-claim}: the operator decides who has the guest when a handover hangs. Asks the
   * peer first; the outcome shows in {@link #query}.
   *
   * @param force do it although the peer cannot be asked; its process must have ended
   * @throws IllegalStateException with the reason why not
   */
  public void claim(boolean force) {
    OutgoingMigration out;
    IncomingSession in;
    synchronized (this) {
      out = outgoing;
      in = incoming == null ? null : incoming.session();
    }
    // Without this object's lock: the sessions tell events with their own held.
    if (out != null && out.handover().given() && out.moves(host.present())) {
      out.claim(force);
      return;
    }
    if (in == null) {
      throw new IllegalStateException("nothing to claim: no handover took place here");
    }
    in.claim(force);
  }

  /**
   * {@code query-migrate} as QEMU lays it out: nested maps of QMP names to numbers, strings, maps.
   * Empty before the first migration.
   */
  public synchronized Map<String, Object> query() {
    return shown.get();
  }

  /**
   * Names to values; an unknown or ill-typed one is an IllegalArgumentException that names it, and
   * nothing is set.
   */
  public synchronized void setParameters(Map<String, Object> changes) {
    parameters = parameters.with(changes);
    MigrationPreparation.soon();
  }

  public Map<String, Object> parameters() {
    return parameters.toMap();
  }

  /**
   * An unknown capability, or one that is not built, is an IllegalArgumentException that names it,
   * and nothing is set.
   */
  public void setCapabilities(Map<String, Boolean> changes) {
    capabilities.set(changes);
  }

  public Map<String, Boolean> capabilities() {
    return capabilities.toMap();
  }

  /**
   * Refuses {@code cont} with a reason while the guest is given away; called by the monitor before
   * resume.
   */
  public synchronized void checkMayResume() {
    if (outgoing != null && outgoing.moves(host.present())) {
      outgoing.checkMayResume();
    }
  }

  /** MIGRATION (detail: status) and MIGRATION_PASS (detail: pass number). */
  public void onEvent(Consumer<MachineEvent> listener) {
    listeners.add(listener);
  }

  /** Ends what is under way; a guest that waits for its source's word is dropped. */
  @Override
  public void close() {
    OutgoingMigration out;
    IncomingListener in;
    synchronized (this) {
      closed = true;
      out = outgoing;
      in = incoming;
    }
    snapshots.close();
    if (out != null) {
      out.close();
    }
    if (in != null) {
      in.close();
    }
  }

  private void requireAllPages() {
    IncomingSession session = incoming == null ? null : incoming.session();
    if (session != null && session.pagesMissing()) {
      throw new IllegalStateException("pages of the guest are still to come (postcopy)");
    }
  }

  /**
   * {@code migrate-start-postcopy}: the guest goes as soon as may be, its last pages after it.
   *
   * @throws IllegalStateException without a migration, or without the capability
   */
  public synchronized void startPostcopy() {
    if (outgoing == null || outgoing.over()) {
      throw new IllegalStateException("Start a migration first");
    }
    outgoing.startPostcopy();
  }

  /**
   * {@code migrate} with {@code resume}: a source goes on after postcopy-paused.
   *
   * @throws IllegalStateException if nothing is interrupted
   */
  public synchronized void resumePostcopy(String uri) {
    MigrationAddress address = MigrationAddress.parse(uri);
    if (outgoing == null) {
      throw new IllegalStateException("Cannot resume if there is no paused migration");
    }
    outgoing.recover(address);
  }

  /**
   * {@code migrate-recover}: a destination waits for its source at another address; returns the
   * address in use.
   *
   * @throws IllegalStateException if no postcopy is interrupted
   * @throws UncheckedIOException if the address cannot be had
   */
  public synchronized String recover(String uri) {
    MigrationAddress address = MigrationAddress.parse(uri);
    IncomingListener listener = incoming;
    IncomingSession session = listener == null ? null : listener.session();
    if (listener == null || session == null || !session.pagesMissing()) {
      throw new IllegalStateException("Migrate recover can only be run when postcopy is paused.");
    }
    try {
      return listener.alsoAt(connections(true), address).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /**
   * {@code object-add}: credentials that {@code tls-creds} can name.
   *
   * @throws IllegalArgumentException for another kind of object, an id that is taken, or
   *     credentials that cannot be read
   */
  public void addObject(String type, String id, Map<String, String> properties) {
    credentials.add(type, id, properties);
  }

  /**
   * {@code object-del}; migrations that use it go on.
   *
   * @throws IllegalArgumentException if there is none of this id
   */
  public void removeObject(String id) {
    credentials.remove(id);
  }

  private Connections connections(boolean listens) {
    return credentials.over(connections, parameters, listens);
  }

  private void arriving() {
    if (prepares) {
      MigrationPreparation.needed();
    }
  }

  private void tell(MachineEvent event) {
    if (capabilities.on("events")) {
      listeners.forEach(listener -> listener.accept(event));
    }
  }
}
