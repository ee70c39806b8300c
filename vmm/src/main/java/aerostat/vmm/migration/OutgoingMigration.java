package aerostat.vmm.migration;

import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.Sabotage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One migration on its source: connects, sends, hands over, and, when the connection breaks in
 * between, comes back until the question who owns the guest is settled. One thread does all of it;
 * other threads ask by {@link #cancel} and {@link #claim}.
 */
final class OutgoingMigration implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OutgoingMigration.class);
  private static final long CONNECT_TIMEOUT = TimeUnit.SECONDS.toNanos(10);
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
  private static final long SETTLE_TIME = TimeUnit.SECONDS.toNanos(3);
  private static final long FIRST_BACK_OFF = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long LAST_BACK_OFF = TimeUnit.SECONDS.toNanos(1);

  private final MovableGuest guest;
  private final MigrationAddress address;
  private final Connections connections;
  private final Supplier<MigrationParameters> parameters;
  private final Consumer<MachineEvent> events;
  private final @Nullable OutgoingMigration previous;
  private final PlantedErrors errors;
  private final UUID uuid = UUID.randomUUID();
  private final MigrationStats stats;
  private final SwitchOver switchOver;
  private final Thread thread = new Thread(this::run, "migration-out");

  /** Guards the four below; the migration's thread waits on it when it has no connection. */
  private final Object lock = new Object();

  private HandoverSource handover = HandoverSource.begin(uuid);
  private final ArrayDeque<HandoverAction> asked = new ArrayDeque<>();
  private boolean cancelled;
  private boolean closed;

  private volatile @Nullable Link link;
  private volatile boolean switching;
  private long readyDeadline;
  private boolean resumeBoth;

  /**
   * @param previous an earlier migration of this guest that may still have to tell its destination
   *     that it ended; it gets a moment to do so
   * @param errors those that a test build plants; none otherwise
   */
  OutgoingMigration(
      MovableGuest guest,
      MigrationAddress address,
      Connections connections,
      Supplier<MigrationParameters> parameters,
      Consumer<MachineEvent> events,
      @Nullable OutgoingMigration previous,
      PlantedErrors errors) {
    this.guest = guest;
    this.address = address;
    this.connections = connections;
    this.parameters = parameters;
    this.events = events;
    this.previous = previous;
    this.errors = errors;
    this.stats = new MigrationStats(uuid, guest.memory().size());
    this.switchOver = new SwitchOver(guest, parameters.get());
    thread.setDaemon(true);
  }

  void start() {
    announce("setup");
    thread.start();
  }

  /** Whether another migration may begin. */
  boolean over() {
    return stats.over();
  }

  /** Whether this is the migration of that guest. */
  boolean moves(@Nullable MovableGuest other) {
    return guest.equals(other);
  }

  /** Where the handover stands. */
  HandoverSource handover() {
    synchronized (lock) {
      return handover;
    }
  }

  Map<String, Object> query() {
    return stats.toMap();
  }

  /** Waits for the thread to end: everything is settled then, or this was closed. */
  void join() throws InterruptedException {
    thread.join();
  }

  /**
   * Asks for the end of the migration.
   *
   * @throws IllegalStateException once the guest is given
   */
  void cancel() {
    synchronized (lock) {
      if (stats.over()) {
        return;
      }
      if (handover.given()) {
        throw new IllegalStateException(
            "the guest was given to the destination; it can no longer be cancelled");
      }
      cancelled = true;
      lock.notifyAll();
    }
    announce("cancelling");
    wake();
  }

  /**
   * The operator takes the guest back.
   *
   * @throws IllegalStateException with the reason why not
   */
  void claim(boolean force) {
    synchronized (lock) {
      HandoverStep<HandoverSource> step = handover.claim(force);
      handover = step.next();
      asked.addAll(step.actions());
      showPhase();
      lock.notifyAll();
    }
    wake();
  }

  /**
   * @throws IllegalStateException while {@code cont} would run a guest that is given or about to be
   */
  void checkMayResume() {
    synchronized (lock) {
      if (handover.phase() == HandoverSource.Phase.COMPLETED) {
        throw new IllegalStateException("the guest runs on the destination");
      }
      if (handover.given()) {
        throw new IllegalStateException("the guest was given to the destination");
      }
    }
    if (switching) {
      throw new IllegalStateException("the guest is just being handed over");
    }
  }

  /** Stops at once, wherever it is; a guest that is given stays stopped. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      cancelled = true;
      lock.notifyAll();
    }
    dropLink();
  }

  private void run() {
    try {
      try {
        if (previous != null) {
          previous.thread.join(Duration.ofNanos(SETTLE_TIME));
        }
        transfer();
      } catch (InterruptedException e) {
        giveUp(e);
      } catch (IOException | RuntimeException e) {
        giveUp(e);
      }
      resolve();
    } catch (RuntimeException e) {
      LOG.error("migration to {} ended unexpectedly", address, e);
      stats.error(String.valueOf(e));
      announce("failed");
    } finally {
      dropLink();
    }
  }

  private void transfer() throws IOException {
    MigrationParameters p = parameters.get();
    resumeBoth = p.sabotaged(Sabotage.RESUME_BOTH);
    Link opened = new Link(connections.connect(address, CONNECT_TIMEOUT, this::cancelRequested));
    link = opened;
    Transport transport = opened.transport();
    transport.patience(PATIENCE);
    transport.stopWhen(this::cancelRequested);
    try {
      SourceStream.setup(
          SetupMessage.of(uuid, guest, p.verify()), guest.imageBytes(), opened.out());
      opened.expect(opened.in().next(), MessageType.ACCEPT);
      PayloadReader accept = opened.in().fields();
      accept.u32("version");
      accept.end();

      errors.begin(p::sabotaged);
      DirtyPages dirty = new DirtyPages(guest, errors);
      stats.sources(dirty::remaining, dirty::hinted);
      Precopy precopy =
          new Precopy(
              guest,
              opened,
              dirty,
              switchOver,
              stats,
              parameters,
              this::cancelRequested,
              this::pass);
      announce("active");
      precopy.rounds();
      switching = true;
      announce("device");
      precopy.last(p.verify());
      transport.stopWhen(() -> false);
      HandoverStep<HandoverSource> offer;
      synchronized (lock) {
        if (cancelled) {
          throw new Transport.StoppedException();
        }
        offer = handover.offer(opened.out().pausedDigest(), switchOver.ran());
        handover = offer.next();
        showPhase();
      }
      readyDeadline = System.nanoTime() + PATIENCE;
      perform(offer.actions());
    } catch (IOException e) {
      throw reasonOfPeer(opened, e);
    }
  }

  /** A peer that refused closes at once, which may show as a failed write before its reason. */
  private static IOException reasonOfPeer(Link link, IOException e) {
    if (e instanceof Transport.StoppedException || e instanceof MigrationRefusedException) {
      return e;
    }
    try {
      link.transport().patience(TimeUnit.MILLISECONDS.toNanos(200));
      for (WireHeader h = link.in().next(); ; h = link.in().next()) {
        link.expect(h, MessageType.REFUSE);
      }
    } catch (MigrationRefusedException refused) {
      return refused;
    } catch (IOException none) {
      return e;
    }
  }

  private void giveUp(Exception e) {
    if (!cancelRequested()) {
      LOG.warn("migration to {} failed: {}", address, e.toString());
      stats.error(e.getMessage() == null ? e.toString() : e.getMessage());
    }
    HandoverStep<HandoverSource> step;
    synchronized (lock) {
      step = e instanceof MigrationRefusedException ? handover.refused() : handover.giveUp();
      handover = step.next();
    }
    perform(step.actions());
  }

  /** Until the guest's owner is beyond doubt. */
  private void resolve() {
    long backOff = FIRST_BACK_OFF;
    while (true) {
      List<HandoverAction> todo;
      synchronized (lock) {
        if (closed || handover.settled()) {
          return;
        }
        todo = List.copyOf(asked);
        asked.clear();
      }
      perform(todo);
      Link now = link;
      if (now == null) {
        pause(backOff);
        backOff = Math.min(LAST_BACK_OFF, backOff * 2);
        reconnect();
      } else if (listen(now)) {
        backOff = FIRST_BACK_OFF;
      }
    }
  }

  private void reconnect() {
    HandoverStep<HandoverSource> step;
    try {
      Link opened = new Link(connections.connect(address, CONNECT_TIMEOUT, this::closeRequested));
      synchronized (lock) {
        link = opened;
        step = handover.reconnected();
        handover = step.next();
      }
    } catch (IOException e) {
      LOG.debug("no way to {} yet: {}", address, e.toString());
      return;
    }
    perform(step.actions());
  }

  /** One message, a time-out before GIVEN, a cancel, or a lost connection. */
  private boolean listen(Link now) {
    try {
      boolean offered;
      synchronized (lock) {
        offered = handover.phase() == HandoverSource.Phase.OFFERED;
      }
      long left = readyDeadline - System.nanoTime();
      boolean readable =
          offered
              ? left > 0 && !cancelRequested() && now.transport().awaitReadable(left)
              : now.transport().awaitReadable(0);
      if (readable) {
        received(now.handover(now.in().next()));
        return true;
      }
      if (offered && (cancelRequested() || readyDeadline - System.nanoTime() <= 0)) {
        if (!cancelRequested()) {
          stats.error("the destination did not get ready in time");
        }
        step(HandoverSource::giveUp);
      }
    } catch (MigrationRefusedException e) {
      stats.error(String.valueOf(e.getMessage()));
      step(HandoverSource::refused);
    } catch (IOException e) {
      LOG.info("connection to {} lost: {}", address, e.toString());
      lost(now, e);
    }
    return false;
  }

  private void lost(Link which, IOException e) {
    if (link == which) {
      dropLink();
      synchronized (lock) {
        if (handover.phase() == HandoverSource.Phase.OFFERED) {
          stats.error("the connection broke: " + e.getMessage());
        }
      }
      step(HandoverSource::connectionLost);
    }
  }

  private void received(HandoverMessage message) {
    step(
        state ->
            cancelled && state.phase() == HandoverSource.Phase.OFFERED
                ? state.giveUp()
                : state.received(message));
  }

  private void step(
      java.util.function.Function<HandoverSource, HandoverStep<HandoverSource>> event) {
    HandoverStep<HandoverSource> step;
    synchronized (lock) {
      step = event.apply(handover);
      handover = step.next();
      showPhase();
    }
    perform(step.actions());
  }

  private void perform(List<HandoverAction> actions) {
    for (HandoverAction action : actions) {
      switch (action) {
        case HandoverAction.Send send -> send(send.message());
        case HandoverAction.Warn warn -> {
          LOG.warn("migration {}: {}", uuid, warn.text());
          stats.warning(warn.text());
        }
        case HandoverAction.Do what -> {
          switch (what) {
            case RUN -> keep();
            case RELEASE -> release();
            case DISCARD -> throw new IllegalStateException("a source discards nothing");
            case RECONNECT, CLOSE -> dropLink();
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
      now.out().send(message);
    } catch (IOException e) {
      lost(now, e);
    }
  }

  private void keep() {
    try {
      switchOver.back();
    } finally {
      switching = false;
      stats.resumed();
      announce(cancelRequested() ? "cancelled" : "failed");
    }
  }

  private void release() {
    stats.resumed();
    if (resumeBoth) {
      switchOver.back();
    } else {
      switchOver.gone();
    }
    announce("completed");
  }

  private void pass() {
    events.accept(new MachineEvent("MIGRATION_PASS", Long.toString(stats.syncs())));
  }

  private void announce(String status) {
    if (stats.status(status)) {
      events.accept(new MachineEvent("MIGRATION", status));
    }
  }

  private void showPhase() {
    stats.handover(handover.phase().name().toLowerCase(Locale.ROOT));
  }

  private boolean cancelRequested() {
    synchronized (lock) {
      return cancelled;
    }
  }

  private boolean closeRequested() {
    synchronized (lock) {
      return closed;
    }
  }

  private void wake() {
    Link now = link;
    if (now != null) {
      now.transport().wake();
    }
  }

  private void dropLink() {
    Link now = link;
    link = null;
    if (now != null) {
      now.close();
    }
  }

  private void pause(long nanos) {
    synchronized (lock) {
      if (!closed && asked.isEmpty()) {
        try {
          TimeUnit.NANOSECONDS.timedWait(lock, nanos);
        } catch (InterruptedException e) {
          closed = true;
        }
      }
    }
  }
}
