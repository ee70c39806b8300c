package aerostat.vmm.migration.pages;

import aerostat.vmm.machine.Sabotage;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.StreamDigest;
import aerostat.vmm.migration.wire.WireHeader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The channels of a destination beside the main one, each served by its connection's thread. */
public final class ArrivingChannels implements AutoCloseable {
  private final Link main;
  private final PageReceiver receiver;
  private final RoundBarrier barrier;
  private final boolean barriers;
  private final @Nullable Link[] links;
  private int serving;
  private boolean over;

  /**
   * @param count channels beside the main one
   * @param errors those that a test build plants; none otherwise
   */
  public ArrivingChannels(
      Link main, PageReceiver receiver, int count, long patienceNanos, Predicate<Sabotage> errors) {
    this.main = main;
    this.receiver = receiver;
    this.links = new @Nullable Link[count];
    this.barrier = new RoundBarrier(count + 1, patienceNanos);
    this.barriers = !errors.test(Sabotage.NO_BARRIER);
  }

  /**
   * Serves one channel until it ends, on the caller's thread.
   *
   * @param index 1 for the first
   */
  public void serve(int index, Link link) throws IOException {
    synchronized (this) {
      if (index < 1 || index > links.length || links[index - 1] != null) {
        throw new MigrationStreamException("CHANNEL: number " + index + " of " + links.length);
      }
      if (over) {
        return;
      }
      links[index - 1] = link;
      serving++;
    }
    PageReceiver mine = receiver.fork();
    try {
      while (true) {
        WireHeader header = link.in().next();
        switch (header.type()) {
          case PAGES -> mine.pages(header, link.in());
          case ROUND ->
              round(SourceStream.round(link.in().fields()), header.has(WireHeader.PAUSED));
          default -> throw new MigrationStreamException(header.type() + " on a channel for pages");
        }
        link.in().end();
      }
    } catch (IOException e) {
      barrier.fail(e);
      main.transport().wake();
    } finally {
      synchronized (this) {
        serving--;
        notifyAll();
      }
    }
  }

  /** A channel, or the main one, has come to the end of a round. */
  public void round(int number, boolean paused) throws IOException {
    if (barriers) {
      barrier.arrive(number);
    } else if (paused) {
      // The planted error is about rounds of a running guest; the digest needs this one.
      barrier.arriveAnyhow(number);
    }
  }

  /** Throws what ended a channel too early. */
  public void check() throws IOException {
    IOException failed = barrier.failure();
    if (failed != null) {
      throw new IOException("a channel failed: " + failed.getMessage(), failed);
    }
  }

  /** Whether a channel ended; the main one then need not wait for its peer. */
  public boolean failed() {
    return barrier.failure() != null;
  }

  /** Digest of what came after the pause on all channels; after the last barrier. */
  public synchronized String pausedDigest() {
    List<String> digests = new ArrayList<>();
    for (Link link : links) {
      digests.add(link == null ? "" : link.in().pausedDigest());
    }
    return StreamDigest.joined(main.in().pausedDigest(), digests);
  }

  /** Ends all channels; afterwards none of them touches the guest's memory. */
  @Override
  public synchronized void close() {
    over = true;
    for (Link link : links) {
      if (link != null) {
        link.close();
      }
    }
    barrier.fail(new IOException("the migration is over"));
    boolean interrupted = false;
    while (serving > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
