package aerostat.vmm.migration.pages;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.migration.transport.Transport;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.StreamDigest;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Pages on several connections, each with a thread ({@code multifd}). A batch goes to whichever is
 * idle, so within a round the order is lost; a round ends on every channel with the same numbered
 * barrier, and the destination begins the next only when all have come to it: an old copy of a page
 * never lands on a newer one.
 */
public final class ParallelChannels implements PageChannels {
  private static final long LOOK_MILLIS = 100;
  private static final long SIGN_OF_LIFE = TimeUnit.SECONDS.toNanos(5);

  private final WireWriter main;
  private final List<Worker> workers = new ArrayList<>();
  private final ArrayDeque<PageBatch> spare = new ArrayDeque<>();
  private final BooleanSupplier stop;
  private @Nullable Throwable failure;
  private boolean closed;
  private int turn;
  private long mainSpokeAt = System.nanoTime();

  /** Channels that are open already, for this migration. */
  public ParallelChannels(
      GuestMemory memory, UUID uuid, WireWriter main, List<Link> links, BooleanSupplier stop)
      throws IOException {
    this.main = main;
    this.stop = stop;
    for (int i = 0; i < links.size(); i++) {
      Link link = links.get(i);
      link.channel(i + 1);
      link.out().send(MessageType.CHANNEL, new PayloadWriter().uuid(uuid).u32(i + 1).done());
      workers.add(new Worker(link));
      spare.add(new PageBatch(memory));
    }
    spare.add(new PageBatch(memory));
    workers.forEach(Thread::start);
  }

  @Override
  public synchronized PageBatch take() throws IOException {
    while (true) {
      PageBatch batch = spare.poll();
      if (batch != null) {
        return batch;
      }
      await();
    }
  }

  @Override
  public synchronized void send(PageBatch batch) throws IOException {
    while (true) {
      for (int i = 0; i < workers.size(); i++) {
        Worker worker = workers.get((turn + i) % workers.size());
        if (worker.idle()) {
          turn = (turn + i + 1) % workers.size();
          worker.batch = batch;
          notifyAll();
          signOfLife();
          return;
        }
      }
      await();
    }
  }

  @Override
  public void barrier(int round, long dirtyPages) throws IOException {
    synchronized (this) {
      awaitIdle();
      for (Worker worker : workers) {
        worker.barrier = round;
        worker.barrierPages = dirtyPages;
      }
      notifyAll();
      awaitIdle();
    }
    SourceStream.barrier(round, dirtyPages, main);
  }

  /** All workers are idle: a barrier came before. */
  @Override
  public synchronized void paused() {
    main.paused();
    workers.forEach(worker -> worker.link.out().paused());
  }

  @Override
  public synchronized long bytes() {
    long bytes = main.bytes();
    for (Worker worker : workers) {
      bytes += worker.sent;
    }
    return bytes;
  }

  @Override
  public synchronized String pausedDigest() {
    return StreamDigest.joined(
        main.pausedDigest(),
        workers.stream().map(worker -> worker.link.out().pausedDigest()).toList());
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    workers.forEach(worker -> worker.link.close());
  }

  /** A slow round sends nothing on the main channel, where the destination waits for progress. */
  private void signOfLife() throws IOException {
    long now = System.nanoTime();
    if (now - mainSpokeAt > SIGN_OF_LIFE) {
      mainSpokeAt = now;
      main.send(MessageType.ZERO, new byte[0]);
    }
  }

  private void awaitIdle() throws IOException {
    for (Worker worker : workers) {
      while (!worker.idle()) {
        await();
      }
    }
  }

  /** One wait, with the lock held; a failed channel or a cancel ends it. */
  private void await() throws IOException {
    if (failure != null) {
      throw new IOException("a channel failed: " + failure.getMessage(), failure);
    }
    if (closed || stop.getAsBoolean()) {
      throw new Transport.StoppedException();
    }
    try {
      TimeUnit.MILLISECONDS.timedWait(this, LOOK_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** One channel; fields but the link are guarded by the outer object. */
  private final class Worker extends Thread {
    private final Link link;
    private @Nullable PageBatch batch;
    private int barrier;
    private long barrierPages;
    private long sent;

    Worker(Link link) {
      super("migration-channel");
      this.link = link;
      setDaemon(true);
    }

    private boolean idle() {
      return batch == null && barrier == 0;
    }

    @Override
    public void run() {
      try {
        while (work()) {
          // Each turn sends one message.
        }
      } catch (IOException | RuntimeException | InterruptedException e) {
        synchronized (ParallelChannels.this) {
          failure = failure == null ? e : failure;
          ParallelChannels.this.notifyAll();
        }
      }
    }

    private boolean work() throws IOException, InterruptedException {
      PageBatch mine;
      int round;
      long pages;
      synchronized (ParallelChannels.this) {
        while (idle() && !closed) {
          ParallelChannels.this.wait();
        }
        if (closed) {
          return false;
        }
        mine = batch;
        round = barrier;
        pages = barrierPages;
      }
      if (mine != null) {
        mine.send(link.out());
      } else {
        SourceStream.barrier(round, pages, link.out());
      }
      synchronized (ParallelChannels.this) {
        sent = link.out().bytes();
        if (mine != null) {
          batch = null;
          spare.add(mine);
        } else {
          barrier = 0;
        }
        ParallelChannels.this.notifyAll();
      }
      return true;
    }
  }
}
