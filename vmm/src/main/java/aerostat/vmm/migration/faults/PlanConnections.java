package aerostat.vmm.migration.faults;

import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MemoryListening;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
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
    MemoryListening doors = new MemoryListening(wanted);
    world.listens(owner, doors);
    return doors;
  }
}
