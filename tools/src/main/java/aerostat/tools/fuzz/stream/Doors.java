package aerostat.tools.fuzz.stream;

import aerostat.vmm.migration.Connections;
import aerostat.vmm.migration.MigrationAddress;
import aerostat.vmm.migration.Transport;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;

/** Where a receiver listens: connections come out of memory. */
final class Doors implements Connections, Connections.Listening {
  private final ArrayDeque<Wire> waiting = new ArrayDeque<>();
  private final MigrationAddress address = new MigrationAddress("", "fuzz", 1);
  private boolean closed;

  synchronized Wire connect() {
    Wire wire = new Wire();
    waiting.add(wire);
    notifyAll();
    return wire;
  }

  @Override
  public Transport connect(MigrationAddress to, long timeoutNanos, BooleanSupplier stop)
      throws IOException {
    throw new IOException("a receiver connects nowhere");
  }

  @Override
  public Listening listen(MigrationAddress wanted) {
    return this;
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
