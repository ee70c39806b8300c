package aerostat.vmm.migration.handover;

import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.Transport;
import aerostat.vmm.migration.wire.ArrivalTimes;
import aerostat.vmm.migration.wire.HandoverMessage;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationRefusedException;
import aerostat.vmm.migration.wire.WireHeader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A source's state machine with its connection: carries out what {@link HandoverSource} says, and,
 * when the connection breaks, comes back until the question who owns the guest is settled. The
 * migration's thread does all of it; others ask by {@link #cancel}, {@link #claim} and {@link
 * #close}.
 */
public final class HandoverDriver {
  /** What the handover brings about. */
  public interface Guest {
    /** COMMIT is on its way, or READY takes long: there is time to tell what has happened. */
    void waits();

    /** The guest stays here. */
    void keep();

    /** The guest runs over there. */
    void release();

    /** A further connection to the same destination. */
    Link reconnect() throws IOException;

    /** The destination's account of the pause; comes before {@link #release}, or never. */
    void times(ArrivalTimes times);
  }

  private static final Logger LOG = LoggerFactory.getLogger(HandoverDriver.class);
  private static final long SOON = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long FIRST_BACK_OFF = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long LAST_BACK_OFF = TimeUnit.SECONDS.toNanos(1);

  private final Guest guest;
  private final MigrationAddress address;
  private final MigrationStats stats;

  /** Guards the four below; the migration's thread waits on it when it has no connection. */
  private final Object lock = new Object();

  private HandoverSource handover;
  private final ArrayDeque<HandoverAction> asked = new ArrayDeque<>();
  private boolean cancelled;
  private boolean closed;

  private volatile @Nullable Link link;
  private long readyDeadline;

  public HandoverDriver(
      HandoverSource begin, Guest guest, MigrationAddress address, MigrationStats stats) {
    this.handover = begin;
    this.guest = guest;
    this.address = address;
    this.stats = stats;
  }

  /** Where the handover stands. */
  public HandoverSource state() {
    synchronized (lock) {
      return handover;
    }
  }

  /** The first connection. */
  public void connected(Link first) {
    link = first;
  }

  /** Whether somebody asked for the end. */
  public boolean cancelled() {
    synchronized (lock) {
      return cancelled;
    }
  }

  /** Whether it was stopped at once. */
  public boolean closed() {
    synchronized (lock) {
      return closed;
    }
  }

  /**
   * Asks for the end of the migration.
   *
   * @throws IllegalStateException once the guest is given
   */
  public void cancel() {
    synchronized (lock) {
      if (handover.given()) {
        throw new IllegalStateException(
            "the guest was given to the destination; it can no longer be cancelled");
      }
      cancelled = true;
      lock.notifyAll();
    }
    wake();
  }

  /**
   * The operator takes the guest back.
   *
   * @throws IllegalStateException with the reason why not
   */
  public void claim(boolean force) {
    synchronized (lock) {
      HandoverStep<HandoverSource> step = handover.claim(force);
      asked.addAll(step.actions());
      to(step);
      lock.notifyAll();
    }
    wake();
  }

  /** Stops at once, wherever it is; a guest that is given stays stopped. */
  public void close() {
    synchronized (lock) {
      closed = true;
      cancelled = true;
      lock.notifyAll();
    }
    dropLink();
  }

  /**
   * All is sent: FINAL.
   *
   * @param patienceNanos how long READY may take
   * @throws Transport.StoppedException if the migration was cancelled before
   */
  public void offer(String digest, boolean ran, long patienceNanos)
      throws Transport.StoppedException {
    HandoverStep<HandoverSource> offer;
    synchronized (lock) {
      if (cancelled) {
        throw new Transport.StoppedException();
      }
      offer = to(handover.offer(digest, ran));
    }
    readyDeadline = System.nanoTime() + patienceNanos;
    perform(offer.actions());
  }

  /** The migration failed before it was offered, or could not be. */
  public void giveUp(Exception reason) {
    if (!cancelled()) {
      LOG.warn("migration to {} failed: {}", address, reason.toString());
      stats.error(reason.getMessage() == null ? reason.toString() : reason.getMessage());
    }
    step(
        reason instanceof MigrationRefusedException
            ? HandoverSource::refused
            : HandoverSource::giveUp);
  }

  /** Until the guest's owner is beyond doubt. */
  public void resolve() {
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

  /** Closes the connection, if there is one; it is not missed. */
  public void dropLink() {
    Link now = link;
    link = null;
    if (now != null) {
      now.close();
    }
  }

  private void reconnect() {
    HandoverStep<HandoverSource> step;
    try {
      Link opened = guest.reconnect();
      synchronized (lock) {
        link = opened;
        step = to(handover.reconnected());
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
      boolean offered = state().phase() == HandoverSource.Phase.OFFERED;
      long left = readyDeadline - System.nanoTime();
      boolean readable =
          offered
              ? left > 0 && !cancelled() && awaitReady(now, left)
              : now.transport().awaitReadable(0);
      if (readable) {
        message(now, now.in().next());
        return true;
      }
      if (offered && (cancelled() || readyDeadline - System.nanoTime() <= 0)) {
        if (!cancelled()) {
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

  private boolean awaitReady(Link now, long left) throws IOException {
    if (now.transport().awaitReadable(Math.min(left, SOON))) {
      return true;
    }
    guest.waits();
    return !cancelled()
        && readyDeadline - System.nanoTime() > 0
        && now.transport().awaitReadable(Math.max(1, readyDeadline - System.nanoTime()));
  }

  private void message(Link now, WireHeader header) throws IOException {
    if (header.type() == MessageType.TIMES) {
      guest.times(ArrivalTimes.decode(now.in().fields()));
      now.in().end();
      return;
    }
    HandoverMessage message = now.handover(header);
    step(
        state ->
            cancelled && state.phase() == HandoverSource.Phase.OFFERED
                ? state.giveUp()
                : state.received(message));
  }

  private void lost(Link which, IOException e) {
    if (link == which) {
      dropLink();
      if (state().phase() == HandoverSource.Phase.OFFERED) {
        stats.error("the connection broke: " + e.getMessage());
      }
      step(HandoverSource::connectionLost);
    }
  }

  private void step(Function<HandoverSource, HandoverStep<HandoverSource>> event) {
    HandoverStep<HandoverSource> step;
    synchronized (lock) {
      step = to(event.apply(handover));
    }
    perform(step.actions());
  }

  /** With the lock held. */
  private HandoverStep<HandoverSource> to(HandoverStep<HandoverSource> step) {
    handover = step.next();
    stats.handover(handover.phase().name().toLowerCase(java.util.Locale.ROOT));
    return step;
  }

  private void perform(List<HandoverAction> actions) {
    for (HandoverAction action : actions) {
      switch (action) {
        case HandoverAction.Send send -> send(send.message());
        case HandoverAction.Warn warn -> {
          LOG.warn("migration {}: {}", state().uuid(), warn.text());
          stats.warning(warn.text());
        }
        case HandoverAction.Do what -> {
          switch (what) {
            case RUN -> guest.keep();
            case RELEASE -> guest.release();
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
    if (message instanceof HandoverMessage.Commit) {
      stats.pause().committed(System.nanoTime());
    }
    try {
      now.out().send(message);
      if (message instanceof HandoverMessage.Commit) {
        guest.waits();
      }
    } catch (IOException e) {
      if (now.reasonOfPeer(e) instanceof MigrationRefusedException refused) {
        stats.error(String.valueOf(refused.getMessage()));
        step(HandoverSource::refused);
      } else {
        lost(now, e);
      }
    }
  }

  private void wake() {
    Link now = link;
    if (now != null) {
      now.transport().wake();
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
