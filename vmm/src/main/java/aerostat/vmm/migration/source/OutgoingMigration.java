package aerostat.vmm.migration.source;

import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.guest.HeldEvents;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.handover.HandoverDriver;
import aerostat.vmm.migration.handover.HandoverSource;
import aerostat.vmm.migration.pages.PlantedErrors;
import aerostat.vmm.migration.postcopy.PostcopySource;
import aerostat.vmm.migration.postcopy.PostcopySwitch;
import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.wire.ArrivalTimes;
import aerostat.vmm.migration.wire.Link;
import java.io.IOException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One migration on its source: {@link SourceTransfer} sends, {@link HandoverDriver} hands over. One
 * thread does all of it; other threads ask by {@link #cancel} and {@link #claim}.
 */
public final class OutgoingMigration implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OutgoingMigration.class);
  private static final long READY_PATIENCE = TimeUnit.SECONDS.toNanos(60);
  private static final long SETTLE_TIME = TimeUnit.SECONDS.toNanos(3);

  private final MovableGuest guest;
  private final MigrationAddress address;
  private final HeldEvents events;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final @Nullable CountDownLatch previous;
  private final MigrationStats stats;
  private final SwitchOver switchOver;
  private final SourceTransfer transfer;
  private final HandoverDriver driver;
  private final boolean resumeBoth;
  private final Thread thread = new Thread(this::run, "migration-out");
  private final UUID uuid;
  private final PostcopySwitch postcopy;
  private volatile boolean switching;
  private volatile @Nullable Link pages;

  /** Where the destination is to be found again; guarded by {@link #thread}. */
  private @Nullable MigrationAddress recoverAt;

  /**
   * @param channels connections for pages beside the main one
   * @param autoConverge whether a guest that dirties too much is slowed down
   * @param previous the end of an earlier migration that may still have to tell its destination
   *     that it ended; it gets a moment to do so. Not that migration itself, which holds a guest
   * @param errors those that a test build plants; none otherwise
   * @param postcopy whether the guest may go before its last pages
   */
  public OutgoingMigration(
      MovableGuest guest,
      MigrationAddress address,
      Connections connections,
      int channels,
      boolean autoConverge,
      Supplier<MigrationParameters> parameters,
      Consumer<MachineEvent> events,
      @Nullable CountDownLatch previous,
      PlantedErrors errors,
      PostcopySwitch postcopy) {
    this.guest = guest;
    this.address = address;
    this.events = new HeldEvents(events);
    this.previous = previous;
    this.postcopy = postcopy;
    this.uuid = UUID.randomUUID();
    MigrationParameters p = parameters.get();
    this.stats = new MigrationStats(uuid, guest.memory().size());
    // QEMU's rule: a page that a hint took out is never sent, and an access would wait for it
    // (DEV-17, EDGE-46). With x-postcopy-hints the destination is told which pages those are.
    boolean hints = !postcopy.allowed() || p.postcopyHints();
    this.switchOver = new SwitchOver(guest, hints ? p : p.with(Map.of("x-hinting", false)));
    this.resumeBoth = p.sabotaged(Sabotage.RESUME_BOTH);
    this.driver = new HandoverDriver(HandoverSource.begin(uuid), new GuestHere(), address, stats);
    this.transfer =
        new SourceTransfer(
            new SourceTransfer.Task(
                uuid,
                guest,
                address,
                connections,
                parameters,
                channels,
                autoConverge,
                errors,
                postcopy,
                driver::cancelled),
            switchOver,
            stats,
            new Watch());
    thread.setDaemon(true);
  }

  /** Starts the thread. */
  public void start() {
    announce("setup");
    thread.start();
  }

  /** Whether another migration may begin. */
  public boolean over() {
    return stats.over();
  }

  /** Whether this is the migration of that guest. */
  public boolean moves(@Nullable MovableGuest other) {
    return guest.equals(other);
  }

  /** Where the handover stands. */
  public HandoverSource handover() {
    return driver.state();
  }

  /** Its counters, for {@code query-migrate}. */
  public Map<String, Object> query() {
    return stats.toMap();
  }

  /** Reached when everything is settled, or this was closed. */
  public CountDownLatch ended() {
    return ended;
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
  public void cancel() {
    if (!stats.over()) {
      driver.cancel();
      announce("cancelling");
    }
  }

  /**
   * The operator takes the guest back.
   *
   * @throws IllegalStateException with the reason why not
   */
  public void claim(boolean force) {
    driver.claim(force);
  }

  /**
   * @throws IllegalStateException while {@code cont} would run a guest that is given or about to be
   */
  public void checkMayResume() {
    HandoverSource state = driver.state();
    if (state.phase() == HandoverSource.Phase.COMPLETED) {
      throw new IllegalStateException("the guest runs on the destination");
    }
    if (state.given()) {
      throw new IllegalStateException("the guest was given to the destination");
    }
    if (switching) {
      throw new IllegalStateException("the guest is just being handed over");
    }
  }

  /** Stops at once, wherever it is; a guest that is given stays stopped. */
  @Override
  public void close() {
    driver.close();
    Link now = pages;
    if (now != null) {
      now.close();
    }
    synchronized (thread) {
      thread.notifyAll();
    }
  }

  private void run() {
    try (transfer) {
      try {
        if (previous != null) {
          previous.await(SETTLE_TIME, TimeUnit.NANOSECONDS);
        }
        String digest = transfer.run();
        stats.pause().offered(System.nanoTime());
        passed(); // the last sync
        driver.offer(digest, switchOver.ran(), READY_PATIENCE);
      } catch (InterruptedException | IOException | RuntimeException e) {
        driver.giveUp(e);
      } catch (LinkageError damaged) {
        // A class that does not load: a damaged installation must not leave the status "active".
        driver.giveUp(new IllegalStateException(damaged.toString(), damaged));
      }
      driver.resolve();
      if (postcopy.switched() && driver.state().phase() == HandoverSource.Phase.COMPLETED) {
        bringPages();
      }
    } catch (RuntimeException | LinkageError e) {
      LOG.error("migration to {} ended unexpectedly", address, e);
      stats.error(String.valueOf(e));
      announce("failed");
    } finally {
      tell();
      driver.dropLink();
      ended.countDown();
    }
  }

  /** The guest runs over there; what it has not got follows, over as many connections as needed. */
  private void bringPages() {
    PostcopySource source = new PostcopySource(guest.memory(), uuid, postcopy.missing(), stats);
    MigrationAddress to = address;
    while (to != null && !driver.closed()) {
      try (Link link = transfer.connect(to, driver::closed)) {
        pages = link;
        announce("postcopy-active");
        source.serve(link);
        switchOver.free();
        announce("completed");
        return;
      } catch (IOException e) {
        LOG.warn("postcopy to {} is interrupted: {}", to, e.toString());
        stats.warning("postcopy is interrupted: " + e.getMessage());
      }
      pages = null;
      to = awaitRecovery();
    }
  }

  private @Nullable MigrationAddress awaitRecovery() {
    synchronized (thread) {
      recoverAt = null;
    }
    announce("postcopy-paused");
    synchronized (thread) {
      while (recoverAt == null && !driver.closed()) {
        try {
          thread.wait();
        } catch (InterruptedException e) {
          return null;
        }
      }
      return recoverAt;
    }
  }

  /** {@code migrate-start-postcopy}. */
  public void startPostcopy() {
    postcopy.start();
  }

  /**
   * {@code migrate} with {@code resume}: goes on to bring pages.
   *
   * @throws IllegalStateException if no postcopy is interrupted
   */
  public void recover(MigrationAddress at) {
    if (!stats.status().equals("postcopy-paused")) {
      throw new IllegalStateException("Cannot resume if there is no paused migration");
    }
    synchronized (thread) {
      recoverAt = at;
      thread.notifyAll();
    }
  }

  private void passed() {
    events.accept(new MachineEvent("MIGRATION_PASS", Long.toString(stats.syncs())));
  }

  private void announce(String status) {
    if (stats.status(status)) {
      events.accept(new MachineEvent("MIGRATION", status));
    }
  }

  private final class Watch implements SourceTransfer.Watcher {
    @Override
    public void connected(Link link) {
      driver.connected(link);
    }

    @Override
    public void status(String status) {
      announce(status);
    }

    @Override
    public void pass() {
      passed();
    }

    @Override
    public void switching() {
      switching = true;
      events.hold();
      guest.holdEvents(true);
    }
  }

  private void tell() {
    events.release();
    guest.holdEvents(false);
  }

  private final class GuestHere implements HandoverDriver.Guest {
    @Override
    public void waits() {
      tell();
    }

    @Override
    public void keep() {
      try {
        switchOver.back();
      } finally {
        switching = false;
        stats.resumed();
        tell();
        announce(driver.cancelled() ? "cancelled" : "failed");
      }
    }

    @Override
    public void release() {
      stats.resumed();
      if (resumeBoth) {
        switchOver.back();
        announce("completed");
      } else {
        switchOver.gone();
        if (!postcopy.switched()) {
          announce("completed");
          switchOver.free();
        }
      }
    }

    @Override
    public Link reconnect() throws IOException {
      return transfer.connect(driver::closed);
    }

    @Override
    public void times(ArrivalTimes times) {
      stats.pause().arrived(times, System.nanoTime());
    }
  }
}
