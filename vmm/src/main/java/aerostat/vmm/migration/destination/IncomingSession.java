package aerostat.vmm.migration.destination;

import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.HeldEvents;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.handover.HandoverAction;
import aerostat.vmm.migration.handover.HandoverDestination;
import aerostat.vmm.migration.handover.HandoverStep;
import aerostat.vmm.migration.postcopy.LatePages;
import aerostat.vmm.migration.postcopy.MissingPages;
import aerostat.vmm.migration.wire.HandoverMessage;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationRefusedException;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.WireHeader;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One guest on its way in: from the first SETUP until it runs or is discarded, over as many
 * connections as it takes. Each connection has a thread; all changes are made under this object's
 * lock, in the order of the events.
 */
public final class IncomingSession {
  private static final Logger LOG = LoggerFactory.getLogger(IncomingSession.class);
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  /** After so long in the pause its events are told all the same, ns. */
  private static final long TELL = TimeUnit.MILLISECONDS.toNanos(20);

  private final GuestHost host;
  private final SetupMessage setup;
  private final Predicate<Sabotage> errors;
  private final HeldEvents events;
  private final MigrationStats stats;

  private HandoverDestination handover;
  private @Nullable Link link;
  private @Nullable MovableGuest guest;
  private @Nullable MissingPages missing;
  private volatile @Nullable BrownOut brownOut;
  private @Nullable LatePages late;
  private boolean running;
  private boolean over;
  private volatile @Nullable StreamLoader loading;
  private final ArrivalAccount account = new ArrivalAccount();

  /**
   * @param errors those that a test build plants; none otherwise
   */
  IncomingSession(
      GuestHost host,
      SetupMessage setup,
      Link link,
      Predicate<Sabotage> errors,
      Consumer<MachineEvent> events) {
    this.host = host;
    this.setup = setup;
    this.link = link;
    this.errors = errors;
    this.events = new HeldEvents(events);
    this.handover = HandoverDestination.begin(setup.uuid());
    this.stats = new MigrationStats(setup.uuid(), setup.config().memoryBytes());
    announce("setup");
  }

  UUID uuid() {
    return setup.uuid();
  }

  public synchronized HandoverDestination.Phase phase() {
    return handover.phase();
  }

  Map<String, Object> query() {
    Map<String, Object> map = stats.toMap();
    BrownOut watched = brownOut;
    if (watched != null) {
      watched.addTo(map);
    }
    return map;
  }

  /** Receives the whole guest on the first connection, then serves that connection. */
  void load(Link first) {
    try (StreamLoader loader = new StreamLoader(first, host, setup, this::progress, errors)) {
      loading = loader;
      loader.account(stats::enters);
      first.transport().patience(PATIENCE);
      loader.accept();
      announce("active");
      StreamLoader.Loaded loaded = loader.load();
      synchronized (this) {
        if (over || handover.phase() != HandoverDestination.Phase.LOADING) {
          return; // nobody is left who could be given the guest: the loader ends it
        }
        guest = loader.take();
        missing = loader.missing();
        running = loaded.message().running();
        account.finalCame(loader.finalAt());
        announce("device");
        stats.enters("handover");
        step(state -> state.loaded(loaded.digest()));
      }
    } catch (IOException | RuntimeException | Error e) {
      // Whatever a stream brought about ends this guest, not the destination for the next one.
      reject(first, e);
      return;
    }
    serve(first);
  }

  /**
   * A further connection of this migration, on its own thread.
   *
   * @param index 1 for the first
   */
  void channel(int index, Link channel) throws IOException {
    StreamLoader loader = loading;
    if (loader == null) {
      throw new MigrationStreamException("CHANNEL: the migration is not that far");
    }
    channel.channel(index);
    loader.channel(index, channel);
  }

  private void progress(StreamLoader loader, WireHeader header) {
    stats.received(loader.dataPages(), loader.zeroPages(), loader.bytes());
    if (header.has(WireHeader.PAUSED)) {
      events.hold();
    }
    if (header.type() == MessageType.ROUND) {
      events.accept(new MachineEvent("MIGRATION_PASS", Integer.toString(loader.rounds())));
    }
  }

  private void reject(Link first, Throwable e) {
    synchronized (this) {
      if (handover.phase() != HandoverDestination.Phase.LOADING) {
        return;
      }
      String reason = e.getMessage() == null ? e.toString() : e.getMessage();
      LOG.warn("incoming migration rejected: {}", reason);
      stats.error(reason);
      first.transport().patience(TimeUnit.SECONDS.toNanos(1));
      first.refuse(reason);
      link = null; // the state machine would close it
      step(HandoverDestination::rejected);
      events.release();
    }
    first.linger();
  }

  /**
   * A later connection that named this guest: it takes the place of the one before.
   *
   * @param first its first message
   */
  void reconnected(Link newLink, HandoverMessage first) {
    synchronized (this) {
      Link old = link;
      link = newLink;
      if (old != null) {
        old.close();
      }
      step(state -> state.reconnected(first.epoch()));
      step(state -> state.received(first));
    }
    serve(newLink);
  }

  /** The source's messages on one connection, until it ends or another takes its place. */
  private void serve(Link mine) {
    mine.transport().patience(PATIENCE);
    try {
      while (true) {
        synchronized (this) {
          if (link != mine) {
            return;
          }
        }
        if (mine.transport().awaitReadable(events.held() ? TELL : 0)) {
          HandoverMessage message = mine.handover(mine.in().next());
          long came = System.nanoTime();
          synchronized (this) {
            if (link != mine) {
              return;
            }
            if (message instanceof HandoverMessage.Commit) {
              account.committed(came);
            }
            step(state -> state.received(message));
          }
        }
        events.release();
      }
    } catch (IOException e) {
      LOG.debug("connection of {} ended: {}", uuid(), e.toString());
    } finally {
      mine.close();
      events.release();
      synchronized (this) {
        if (link == mine) {
          link = null;
          step(HandoverDestination::connectionLost);
        }
      }
    }
  }

  /**
   * The operator wants the guest to run here.
   *
   * @throws IllegalStateException with the reason why not
   */
  public synchronized void claim(boolean force) {
    step(state -> state.claim(force));
  }

  /** The process or the listener ends; a guest that is not owned goes with it. */
  void close() {
    StreamLoader loader = loading;
    if (loader != null) {
      loader.abandon();
    }
    end();
  }

  private synchronized void end() {
    over = true;
    Link now = link;
    link = null;
    if (now != null) {
      now.close();
    }
    if (late != null) {
      late.close();
    }
    if (handover.phase() != HandoverDestination.Phase.OWNER) {
      discard();
    }
  }

  private void step(Function<HandoverDestination, HandoverStep<HandoverDestination>> event) {
    HandoverStep<HandoverDestination> step = event.apply(handover);
    handover = step.next();
    stats.handover(handover.phase().name().toLowerCase(Locale.ROOT));
    perform(step.actions());
  }

  private void perform(List<HandoverAction> actions) {
    for (HandoverAction action : actions) {
      switch (action) {
        case HandoverAction.Send send -> send(send.message());
        case HandoverAction.Warn warn -> stats.warning(warn.text());
        case HandoverAction.Do what -> {
          switch (what) {
            case RUN -> run();
            case DISCARD -> discard();
            case CLOSE -> closeLink();
            case RELEASE, RECONNECT ->
                throw new IllegalStateException("a destination does not " + what);
          }
        }
      }
    }
  }

  private void send(HandoverMessage message) {
    Link now = link;
    if (now == null) {
      return;
    }
    try {
      if (message instanceof HandoverMessage.Ready) {
        account.ready(System.nanoTime());
      }
      now.out().send(message);
    } catch (IOException e) {
      // Its thread sees the same and tells the state machine.
      now.close();
    }
  }

  private void run() {
    MovableGuest mine = guest;
    guest = null;
    if (mine == null) {
      throw new IllegalStateException("no guest to run");
    }
    try {
      MissingPages later = missing;
      if (later != null) {
        mine.await(later);
        late = new LatePages(mine, later, stats, this::announce);
      }
      host.install(mine);
      if (running) {
        mine.start();
        account.tell(mine, link);
      } else {
        mine.setState(RunState.PAUSED);
      }
      if (running && !mine.config().deterministic()) {
        watch(mine);
      }
      announce(later == null ? "completed" : "postcopy-active");
    } catch (RuntimeException e) {
      // It is this side's guest all the same: the source may not run it any more.
      LOG.error("the guest arrived but does not start", e);
      stats.error("the guest arrived but does not start: " + e.getMessage());
      announce("failed");
    }
  }

  private void watch(MovableGuest guest) {
    BrownOut watched = new BrownOut(guest::polls);
    brownOut = watched;
    watched.watch(() -> guest.state() == RunState.RUNNING);
  }

  /** Whether the guest runs here and some of its pages are still with the source. */
  public synchronized boolean pagesMissing() {
    return late != null && late.missing();
  }

  /** A connection that brings missing pages, on its own thread, until all are there. */
  void postcopy(Link link) throws IOException {
    LatePages pages;
    synchronized (this) {
      pages = late;
    }
    if (pages == null) {
      throw new MigrationRefusedException("no guest here waits for pages");
    }
    pages.serve(link);
  }

  private void discard() {
    MovableGuest left = guest;
    guest = null;
    if (left != null) {
      left.close();
    }
    // While it loads, the guest is the loader's: its connection ends, and it closes the guest.
    stats.error("the source took the guest back");
    announce("failed");
  }

  private void closeLink() {
    Link now = link;
    link = null;
    if (now != null) {
      now.close();
    }
  }

  private void announce(String status) {
    if (stats.status(status)) {
      events.accept(new MachineEvent("MIGRATION", status));
    }
  }
}
