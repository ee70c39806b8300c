package aerostat.vmm.migration.destination;

import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.wire.ArrivalTimes;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A destination's part of the account of the pause. Times of {@link System#nanoTime}. */
final class ArrivalAccount {
  /** Longest wait for the guest's first poll, only to tell of it. */
  private static final long FIRST_POLL = TimeUnit.MILLISECONDS.toNanos(5);

  private long finalAt;
  private long readyAt;
  private long committedAt;

  /** FINAL was there. */
  void finalCame(long at) {
    finalAt = at;
  }

  /** READY is about to be sent. */
  void ready(long at) {
    readyAt = at;
  }

  /** COMMIT was there. */
  void committed(long at) {
    committedAt = at;
  }

  /** Tells the source; not of a guest that an operator claimed. */
  void tell(MovableGuest guest, @Nullable Link link) {
    if (link == null || committedAt == 0 || link.out().version() < 2) {
      return;
    }
    long polled = guest.awaitFirstPoll(FIRST_POLL);
    ArrivalTimes times =
        new ArrivalTimes(
            readyAt - finalAt, polled - committedAt, Math.max(0, System.nanoTime() - polled));
    try {
      link.out().send(MessageType.TIMES, times.encode());
    } catch (IOException e) {
      // The source does without; its thread tells the state machine of the connection's end.
      link.close();
    }
  }
}
