package aerostat.tools.fuzz.qmp;

import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.MigrationService;
import aerostat.vmm.monitor.CommandTable;
import aerostat.vmm.monitor.Endpoint;
import aerostat.vmm.monitor.MachineCommands;
import aerostat.vmm.monitor.MigrationCommands;
import aerostat.vmm.monitor.Monitor;
import java.io.IOException;
import java.nio.file.Path;

/**
 * All that a client can change: a machine that nobody started, migrations with their parameters,
 * capabilities and credentials, and the monitor at its socket. Made anew for the next client.
 */
final class ServedMonitor implements AutoCloseable {
  private static final long MEMORY = 4 << 20;

  private final MachineSlot slot = new MachineSlot();
  private final MigrationService migration;
  private final Monitor monitor;

  /** Written by the session's thread. */
  private volatile boolean quit;

  /**
   * @throws IOException if the socket cannot be had
   */
  ServedMonitor(Path socket) throws IOException {
    NoMigration nowhere = new NoMigration();
    migration = new MigrationService(nowhere, nowhere);
    CommandTable table = new CommandTable();
    MachineCommands.addTo(table, "fuzz", slot, migration, bytes -> "");
    MigrationCommands.addTo(table, migration);
    monitor = new Monitor(table, () -> quit = true);
    slot.put(Machine.builder().memory(MEMORY).append("workload=idle").deterministic(5).build());
    monitor.listen(new Endpoint.Unix(socket));
  }

  /** Whether the machine waits as it did at the beginning, and nobody asked for its end. */
  boolean untouched() {
    Machine machine = slot.machine();
    return !quit && machine != null && machine.state() == RunState.PRELAUNCH;
  }

  @Override
  public void close() {
    monitor.close();
    migration.close();
    slot.clear();
  }
}
