package aerostat.vmm.migration.transport;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;

/** Where connections of one process wait to be accepted. Thread-safe. */
public final class MemoryListening implements Connections.Listening {
  private final MigrationAddress address;
  private final ArrayDeque<Transport> waiting = new ArrayDeque<>();
  private boolean closed;

  /**
   * A place without a connection.
   *
   * @param address what it says it is
   */
  public MemoryListening(MigrationAddress address) {
    this.address = address;
  }

  /** The destination's end of a new connection; false when nobody listens any more. */
  public synchronized boolean offer(Transport transport) {
    if (closed) {
      return false;
    }
    waiting.add(transport);
    notifyAll();
    return true;
  }

  @Override
  public MigrationAddress address() {
    return address;
  }

  @Override
  public synchronized Transport accept() throws IOException {
    while (waiting.isEmpty()) {
      if (closed) {
        throw new ClosedChannelException();
      }
      try {
        wait();
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
    }
    return waiting.remove();
  }

  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
