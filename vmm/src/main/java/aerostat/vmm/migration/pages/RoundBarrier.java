package aerostat.vmm.migration.pages;

import aerostat.vmm.migration.wire.MigrationStreamException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where the channels of a destination meet at the end of each round: none goes on to the next
 * before all have placed the pages of this one. Thread-safe.
 */
final class RoundBarrier {
  private final int parties;
  private final long patienceNanos;
  private int round;
  private int arrived;
  private @Nullable IOException failure;

  /**
   * @param parties channels, the main one included
   * @param patienceNanos longest wait for the others
   */
  RoundBarrier(int parties, long patienceNanos) {
    this.parties = parties;
    this.patienceNanos = patienceNanos;
  }

  /**
   * A channel has come to the end of a round; returns when all have.
   *
   * @throws MigrationStreamException if that is not the round under way
   * @throws IOException if another channel failed, or did not come in time
   */
  synchronized void arrive(int number) throws IOException {
    if (number != round + 1) {
      throw new MigrationStreamException("ROUND: round " + number + " after " + round);
    }
    if (++arrived == parties) {
      arrived = 0;
      round = number;
      notifyAll();
      return;
    }
    long deadline = System.nanoTime() + patienceNanos;
    while (round < number) {
      if (failure != null) {
        throw new IOException(failure.getMessage(), failure);
      }
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new IOException("a channel did not come to the end of round " + number);
      }
      try {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }

  /** As {@link #arrive}, whatever rounds were left out before. */
  void arriveAnyhow(int number) throws IOException {
    synchronized (this) {
      round = Math.max(round, number - 1);
    }
    arrive(number);
  }

  /** A channel failed: nobody waits for it. */
  synchronized void fail(IOException reason) {
    failure = failure == null ? reason : failure;
    notifyAll();
  }

  /** Why a channel failed, or null. */
  synchronized @Nullable IOException failure() {
    return failure;
  }
}
