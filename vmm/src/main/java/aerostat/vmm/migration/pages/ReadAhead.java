package aerostat.vmm.migration.pages;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Has untouched memory mapped for reading ahead of the sender, on a thread of its own: to map it
 * takes longer than to look at it. Whoever comes to a piece first maps it.
 */
public final class ReadAhead implements AutoCloseable {
  /** Pages of a piece: 4 MiB, so that none takes long to wait for. */
  private static final int PIECE = 1024;

  private static final int OPEN = 0;
  private static final int TAKEN = 1;
  private static final int DONE = 2;

  private final GuestMemory memory;
  private final PageBitmap wanted;
  private final AtomicIntegerArray pieces;
  private final Thread thread = new Thread(this::run, "migration-ahead");
  private volatile boolean closed;

  /**
   * Begins at the second piece, for the first is the sender's.
   *
   * @param wanted pages that are going to be read; others are left alone
   */
  public ReadAhead(GuestMemory memory, PageBitmap wanted) {
    this.memory = memory;
    this.wanted = wanted;
    this.pieces = new AtomicIntegerArray((int) ((memory.pages() + PIECE - 1) / PIECE));
    thread.setDaemon(true);
    if (Runtime.getRuntime().availableProcessors() > 1) {
      thread.start();
    }
  }

  /** Pages [from, to) are about to be read; they must still be wanted. */
  void need(long from, long to) {
    for (int piece = (int) (from / PIECE); (long) piece * PIECE < to; piece++) {
      boolean mine = prepare(piece);
      int other = piece + 1;
      while (!mine && pieces.get(piece) != DONE) {
        // The other thread is at it: rather than wait, do one that it would come to.
        if (other < pieces.length()) {
          var unused = prepare(other++);
        } else {
          Thread.onSpinWait();
        }
      }
    }
  }

  private void run() {
    try {
      for (int piece = 1; piece < pieces.length() && !closed; piece++) {
        var unused = prepare(piece);
      }
    } catch (IllegalStateException gone) {
      // The guest's memory was closed: nobody reads it any more.
    }
  }

  /** False if another thread does it. */
  private boolean prepare(int piece) {
    if (!pieces.compareAndSet(piece, OPEN, TAKEN)) {
      return false;
    }
    try {
      long end = Math.min(memory.pages(), (piece + 1L) * PIECE);
      for (long page = wanted.nextSet((long) piece * PIECE); page >= 0 && page < end; ) {
        long stop = Math.min(end, wanted.nextClear(page));
        memory.prepareRead(page, stop);
        page = wanted.nextSet(stop);
      }
    } finally {
      pieces.set(piece, DONE);
    }
    return true;
  }

  /** Waits for the thread to end. */
  void join() throws InterruptedException {
    thread.join();
  }

  /** Ends the thread, once it is through with its piece. */
  @Override
  public void close() {
    closed = true;
  }
}
