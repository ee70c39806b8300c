package aerostat.vmm.migration.destination;

import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.handover.HandoverDestination;
import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.Transport;
import aerostat.vmm.migration.wire.HandoverMessage;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationRefusedException;
import aerostat.vmm.migration.wire.PayloadReader;
import aerostat.vmm.migration.wire.WireHeader;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a destination listens. One guest comes at a time; further connections are looked at only
 * because the source of that guest may have lost its first one. A stream that is refused changes
 * nothing for the next.
 */
public final class IncomingListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IncomingListener.class);
  private static final long ACCEPT_PAUSE = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long FIRST_MESSAGE = TimeUnit.SECONDS.toNanos(10);
  private static final int REMEMBERED = 256;

  private final GuestHost host;
  private final Predicate<Sabotage> errors;
  private final Runnable arriving;
  private final Consumer<MachineEvent> events;
  private final Connections.Listening server;
  private final MigrationAddress address;

  private final Doorstep doorstep = new Doorstep();

  /** Guests that this process said it does not know: it never takes them up (see PeerState). */
  private final Set<UUID> denied = new LinkedHashSet<>();

  private @Nullable IncomingSession session;
  private boolean closed;
  private Connections.@Nullable Listening another;

  /**
   * Listens.
   *
   * @param errors those that a test build plants; none otherwise
   * @param arriving told of each guest that comes, before anything is done for it
   * @throws IOException if the address cannot be had
   */
  public IncomingListener(
      GuestHost host,
      Connections connections,
      MigrationAddress wanted,
      Predicate<Sabotage> errors,
      Runnable arriving,
      Consumer<MachineEvent> events)
      throws IOException {
    this.host = host;
    this.errors = errors;
    this.arriving = arriving;
    this.events = events;
    this.server = connections.listen(wanted);
    this.address = server.address();
    daemon("migration-listen", () -> accept(server));
  }

  /** Where it listens, with the port that the system chose. */
  public MigrationAddress address() {
    return address;
  }

  /** The guest that comes or came last, or null. */
  public synchronized @Nullable IncomingSession session() {
    return session;
  }

  /** The counters of the guest that is coming or came last; empty before the first. */
  public Map<String, Object> query() {
    IncomingSession now = session();
    return now == null ? Map.of() : now.query();
  }

  /** Stops listening; a guest that is not owned yet is dropped. */
  @Override
  public void close() {
    IncomingSession now;
    synchronized (this) {
      closed = true;
      now = session;
    }
    try {
      server.close();
      if (another != null) {
        another.close();
      }
    } catch (IOException e) {
      LOG.warn("closing {}: {}", address, e.toString());
    }
    doorstep.close();
    if (now != null) {
      now.close();
    }
  }

  private void accept(Connections.Listening server) {
    while (true) {
      Transport transport;
      try {
        transport = server.accept();
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        // Out of file descriptors, perhaps for now only: the next guest may still come.
        LOG.warn("accept on {}: {}", address, e.toString());
        LockSupport.parkNanos(ACCEPT_PAUSE);
        continue;
      }
      Link link = new Link(transport);
      doorstep.enter(link);
      daemon("migration-in", () -> serve(link));
    }
  }

  private void serve(Link link) {
    try {
      link.transport().patience(FIRST_MESSAGE);
      WireHeader header = link.in().next();
      link.out().version(header.version());
      if (header.type() == MessageType.SETUP) {
        arriving.run();
        setup(link, SetupMessage.decode(link.in().fields(), header.version()));
      } else if (header.type() == MessageType.POSTCOPY) {
        postcopy(link, link.in().fields());
      } else if (header.type() == MessageType.CHANNEL) {
        channel(link, link.in().fields());
      } else {
        handover(link, link.handover(header));
      }
    } catch (IOException | RuntimeException | LinkageError e) {
      LOG.warn("connection to {} rejected: {}", address, e.toString());
      link.transport().patience(TimeUnit.SECONDS.toNanos(1));
      link.refuse(String.valueOf(e.getMessage()));
      link.linger();
    } finally {
      doorstep.leave(link);
      link.close();
    }
  }

  private void postcopy(Link link, PayloadReader fields) throws IOException {
    UUID uuid = fields.uuid();
    fields.end();
    IncomingSession mine = session();
    if (mine == null || !mine.uuid().equals(uuid)) {
      throw new MigrationRefusedException("no such guest waits for pages here: " + uuid);
    }
    doorstep.leave(link);
    mine.postcopy(link);
  }

  /**
   * {@code migrate-recover}: the source of the guest may come by this address, too.
   *
   * @return the address in use
   * @throws IOException if it cannot be had
   */
  public MigrationAddress alsoAt(Connections connections, MigrationAddress wanted)
      throws IOException {
    Connections.Listening more = connections.listen(wanted);
    synchronized (this) {
      Connections.Listening old = another;
      another = more;
      if (old != null) {
        old.close();
      }
    }
    daemon("migration-listen", () -> accept(more));
    return more.address();
  }

  private void channel(Link link, PayloadReader fields) throws IOException {
    UUID uuid = fields.uuid();
    int index = fields.u32("number");
    fields.end();
    IncomingSession mine = session();
    if (mine == null || !mine.uuid().equals(uuid)) {
      throw new MigrationRefusedException("no such migration is under way: " + uuid);
    }
    doorstep.leave(link);
    mine.channel(index, link);
  }

  private void setup(Link link, SetupMessage setup) throws IOException {
    IncomingSession mine;
    synchronized (this) {
      if (closed || denied.contains(setup.uuid())) {
        throw new MigrationRefusedException("this migration is over");
      }
      IncomingSession other = session;
      if (other != null && busy(other)) {
        throw new MigrationRefusedException("another migration is under way: " + other.uuid());
      }
      MovableGuest here = host.present();
      if (here != null && here.state() != RunState.POSTMIGRATE) {
        throw new MigrationRefusedException("there is a guest here already");
      }
      if (here != null) {
        host.remove();
      }
      mine = new IncomingSession(host, setup, link, errors, events);
      session = mine;
    }
    doorstep.leave(link);
    mine.load(link);
  }

  private static boolean busy(IncomingSession other) {
    return other.phase() == HandoverDestination.Phase.LOADING
        || other.phase() == HandoverDestination.Phase.WAITING;
  }

  private void handover(Link link, HandoverMessage message) throws IOException {
    IncomingSession known;
    synchronized (this) {
      known = session;
      if (known == null || !known.uuid().equals(message.uuid())) {
        known = null;
        denied.add(message.uuid());
        if (denied.size() > REMEMBERED) {
          denied.remove(denied.iterator().next());
        }
      }
    }
    if (known == null) {
      link.out().send(HandoverDestination.unknown(message).message());
    } else {
      doorstep.leave(link);
      known.reconnected(link, message);
    }
  }

  private static void daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }
}
