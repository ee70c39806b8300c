package aerostat.tools.fuzz.stream;

import aerostat.vmm.migration.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection in memory, the receiver's end a {@link Transport}. The source's end waits after
 * each message until the receiver's thread has come to rest, so that a run is the same each time.
 */
final class Wire implements Transport {
  private byte[] in = new byte[1 << 12];
  private int head;
  private int tail;
  private byte[] out = new byte[256];
  private int answered;
  private boolean ended;
  private boolean closed;
  private boolean woken;
  private boolean waiting;
  private BooleanSupplier stop = () -> false;
  private @Nullable Thread reader;

  // ---- the source's end ----

  synchronized void put(byte[] bytes, int from, int length) {
    if (closed || ended) {
      return;
    }
    if (tail + length > in.length) {
      byte[] room = new byte[Math.max(2 * (tail - head), tail - head + length)];
      System.arraycopy(in, head, room, 0, tail - head);
      in = room;
      tail -= head;
      head = 0;
    }
    System.arraycopy(bytes, from, in, tail, length);
    tail += length;
    waiting = false;
    notifyAll();
  }

  synchronized void end() {
    ended = true;
    waiting = false;
    notifyAll();
  }

  synchronized boolean open() {
    return !closed && !ended;
  }

  /** Whether the receiver hung up. */
  synchronized boolean closed() {
    return closed;
  }

  synchronized byte[] answers() {
    return Arrays.copyOf(out, answered);
  }

  /** The thread that serves this connection, or null before it reads. */
  synchronized @Nullable Thread reader() {
    return reader;
  }

  /** Whether nothing more happens here by itself. */
  synchronized boolean atRest() {
    Thread serving = reader;
    if (waiting || serving == null) {
      return waiting || closed;
    }
    // It waits for another connection, or for its peer in a barrier.
    Thread.State state = serving.getState();
    return state == Thread.State.WAITING
        || state == Thread.State.TIMED_WAITING
        || state == Thread.State.TERMINATED;
  }

  // ---- the receiver's end ----

  @Override
  public synchronized void write(ByteBuffer[] buffers, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      int bytes = buffers[i].remaining();
      if (closed || ended) {
        throw new IOException("the connection is closed");
      }
      if (answered + bytes > out.length) {
        out = Arrays.copyOf(out, Math.max(2 * out.length, answered + bytes));
      }
      buffers[i].get(out, answered, bytes);
      answered += bytes;
    }
  }

  @Override
  public synchronized void read(ByteBuffer into) throws IOException {
    reader = Thread.currentThread();
    while (into.hasRemaining()) {
      int bytes = Math.min(into.remaining(), tail - head);
      into.put(in, head, bytes);
      head += bytes;
      if (into.hasRemaining()) {
        if (ended || closed) {
          throw new EOFException("the peer closed the connection");
        }
        if (stop.getAsBoolean()) {
          throw new Transport.StoppedException();
        }
        rest();
      }
    }
  }

  @Override
  public synchronized boolean awaitReadable(long timeoutNanos) throws IOException {
    reader = Thread.currentThread();
    while (head == tail && !ended && !closed) {
      if (woken) {
        woken = false;
        return false;
      }
      rest();
    }
    return true;
  }

  private void rest() throws IOException {
    waiting = true;
    try {
      wait();
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }

  /** Nobody is slow here. */
  @Override
  public void patience(long nanos) {}

  @Override
  public synchronized void stopWhen(BooleanSupplier condition) {
    stop = condition;
  }

  @Override
  public synchronized void wake() {
    woken = true;
    waiting = false;
    notifyAll();
  }

  @Override
  public synchronized void close() {
    closed = true;
    waiting = false;
    notifyAll();
  }
}
