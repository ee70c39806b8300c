package aerostat.vmm.migration.faults;

import aerostat.vmm.migration.Connections;
import aerostat.vmm.migration.MigrationAddress;
import aerostat.vmm.migration.Transport;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;

/** The way between the two processes of a plan, as one process sees it. */
final class PlanConnections implements Connections {
  private final PlanWorld world;
  private final PlanProcess owner;

  PlanConnections(PlanWorld world, PlanProcess owner) {
    this.world = world;
    this.owner = owner;
  }

  @Override
  public Transport connect(MigrationAddress address, long timeoutNanos, BooleanSupplier stop)
      throws IOException {
    return world.connect(owner);
  }

  @Override
  public Listening listen(MigrationAddress wanted) {
    Doors doors = new Doors(wanted);
    world.listens(owner, doors);
    return doors;
  }

  /** Where connections wait to be accepted. */
  static final class Doors implements Listening {
    private final MigrationAddress address;
    private final ArrayDeque<Transport> waiting = new ArrayDeque<>();
    private boolean closed;

    private Doors(MigrationAddress address) {
      this.address = address;
    }

    synchronized boolean offer(Transport transport) {
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
}
