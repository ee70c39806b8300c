package aerostat.devices.console;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the console to a stream from a thread of its own, so that a full pipe never stops the
 * machine. What does not fit into the buffer is dropped, and the output says how much.
 */
public final class ConsoleWriter extends OutputStream implements ConsoleSink {
  private static final Logger log = LoggerFactory.getLogger(ConsoleWriter.class);

  private final OutputStream out;
  private final byte[] ring;
  private final Thread thread;
  private long written;
  private long taken;
  private long dropped;
  private long droppedTotal;
  private boolean closed;

  /**
   * @param out flushed after each piece, not closed
   * @param capacity bytes that may wait, at least 1
   */
  public ConsoleWriter(OutputStream out, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity " + capacity);
    }
    this.out = out;
    ring = new byte[capacity];
    thread = Thread.ofPlatform().daemon().name("console").start(this::run);
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    int room = (int) (ring.length - (written - taken));
    int fits = dropped > 0 ? 0 : Math.min(room, length); // after a gap, wait until it is told
    for (int i = 0; i < fits; i++) {
      ring[(int) (written++ % ring.length)] = bytes[offset + i];
    }
    dropped += length - fits;
    droppedTotal += length - fits;
    notifyAll();
  }

  /** Bytes that were dropped because the stream was too slow. */
  public synchronized long dropped() {
    return droppedTotal;
  }

  /**
   * Writes what waits, then ends the thread. A stream that blocks for ever is given two seconds.
   */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      thread.join(2000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      for (byte[] piece = take(); piece.length > 0; piece = take()) {
        out.write(piece);
        out.flush();
      }
    } catch (IOException | RuntimeException e) {
      log.warn("the console's output is gone: {}", e.toString());
    }
  }

  /** The next piece; empty at the end. */
  private synchronized byte[] take() {
    while (written == taken && dropped == 0 && !closed) {
      try {
        wait();
      } catch (InterruptedException e) {
        closed = true;
      }
    }
    byte[] note =
        dropped == 0
            ? new byte[0]
            : ("\n[" + dropped + " bytes of console output dropped]\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    int length = (int) (written - taken);
    byte[] piece = new byte[length + note.length];
    for (int i = 0; i < length; i++) {
      piece[i] = ring[(int) (taken++ % ring.length)];
    }
    System.arraycopy(note, 0, piece, length, note.length);
    dropped = 0;
    return piece;
  }
}
