package aerostat.vmm.migration.faults;

import aerostat.vmm.migration.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One direction of a connection in memory. Thread-safe; a read waits. */
final class MemoryPipe {
  private byte[] bytes = new byte[256];
  private int head;
  private int tail;
  private boolean ended;
  private boolean woken;

  synchronized void put(ByteBuffer from, int count) throws IOException {
    if (ended) {
      throw new IOException("the connection is closed");
    }
    if (tail + count > bytes.length) {
      byte[] room = new byte[Math.max(2 * (tail - head), tail - head + count)];
      System.arraycopy(bytes, head, room, 0, tail - head);
      bytes = room;
      tail -= head;
      head = 0;
    }
    from.get(bytes, tail, count);
    tail += count;
    notifyAll();
  }

  synchronized void read(ByteBuffer into, BooleanSupplier stop) throws IOException {
    while (into.hasRemaining()) {
      int count = Math.min(into.remaining(), tail - head);
      into.put(bytes, head, count);
      head += count;
      if (into.hasRemaining()) {
        if (ended) {
          throw new EOFException("the peer closed the connection");
        }
        if (stop.getAsBoolean()) {
          throw new Transport.StoppedException();
        }
        await(0);
      }
    }
  }

  /**
   * Waits for bytes.
   *
   * @param nanos 0: no limit
   * @return false after the time or a wake
   */
  synchronized boolean awaitReadable(long nanos) throws IOException {
    long deadline = System.nanoTime() + nanos;
    while (head == tail && !ended) {
      long left = nanos == 0 ? 0 : deadline - System.nanoTime();
      if (woken || (nanos != 0 && left <= 0)) {
        woken = false;
        return false;
      }
      await(left);
    }
    return true;
  }

  synchronized void wake() {
    woken = true;
    notifyAll();
  }

  /**
   * No more bytes come.
   *
   * @param lose whether those not read yet are gone as well
   */
  synchronized void end(boolean lose) {
    ended = true;
    if (lose) {
      head = tail;
      Arrays.fill(bytes, (byte) 0);
    }
    notifyAll();
  }

  private void await(long nanos) throws IOException {
    try {
      TimeUnit.NANOSECONDS.timedWait(this, nanos == 0 ? TimeUnit.SECONDS.toNanos(1) : nanos);
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }
}
