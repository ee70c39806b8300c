package aerostat.tools.fuzz.qmp;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** A process without a guest that could move and without a network: an input harms nobody else. */
final class NoMigration implements GuestHost, Connections {
  @Override
  public @Nullable MovableGuest present() {
    return null;
  }

  @Override
  public ExpectedConfig expected() {
    return ExpectedConfig.NONE;
  }

  @Override
  public MovableGuest build(MachineConfig config, byte[] image) {
    throw new IllegalStateException("no guest comes here");
  }

  @Override
  public MovableGuest build(MachineConfig config, byte[] image, LongFunction<GuestMemory> ram) {
    throw new IllegalStateException("no guest comes here");
  }

  @Override
  public void install(MovableGuest guest) {
    throw new IllegalStateException("no guest comes here");
  }

  @Override
  public void remove() {}

  @Override
  public Transport connect(MigrationAddress address, long timeoutNanos, BooleanSupplier stop)
      throws IOException {
    throw new IOException("no network");
  }

  @Override
  public Listening listen(MigrationAddress wanted) throws IOException {
    throw new IOException("no network");
  }
}
