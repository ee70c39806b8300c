package aerostat.tools.fuzz.stream;

import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MemoryListening;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** Where a receiver listens: connections come out of memory. */
final class Doors implements Connections {
  private final MemoryListening waiting = new MemoryListening(new MigrationAddress("", "fuzz", 1));

  Wire connect() {
    Wire wire = new Wire();
    waiting.offer(wire);
    return wire;
  }

  @Override
  public Transport connect(MigrationAddress to, long timeoutNanos, BooleanSupplier stop)
      throws IOException {
    throw new IOException("a receiver connects nowhere");
  }

  @Override
  public Listening listen(MigrationAddress wanted) {
    return waiting;
  }
}
