package aerostat.tools.checks;

import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.MigrationService;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a VMM process is to a guest: a slot for a machine, a console and the migration service. */
final class Place implements AutoCloseable {
  private static final Set<String> ENDS = Set.of("completed", "failed", "cancelled");

  final WaitingConsole console = new WaitingConsole();
  final MachineSlot slot =
      new MachineSlot(ExpectedConfig.NONE, MachineHost.SILENT.withConsole(console));
  final MigrationService service = new MigrationService(slot);
  private final LinkedBlockingQueue<MachineEvent> events = new LinkedBlockingQueue<>();

  Place() {
    service.onEvent(events::add);
  }

  Machine machine() {
    return Objects.requireNonNull(slot.machine(), "no machine here");
  }

  /** Starts a guest here. */
  void boot(long memory, String append) {
    Machine machine = Machine.builder().memory(memory).append(append).console(console).build();
    slot.put(machine);
    machine.start();
  }

  /**
   * Moves the guest to that place and waits for the source's verdict. If the guest moved, it runs
   * there and only there, or this fails.
   */
  String migrateTo(Place to, Map<String, Object> parameters) throws InterruptedException {
    events.clear();
    to.events.clear();
    service.setParameters(parameters);
    service.migrate(to.service.listen("tcp:127.0.0.1:0"));
    String end = awaitEnd();
    if (end.equals("completed")) {
      // Its own event of the end may come later than the source's, and is not of the next move.
      to.awaitEnd();
      requireOneRuns(to);
    }
    return end;
  }

  private void requireOneRuns(Place to) {
    RunState here = machine().state();
    RunState there = to.machine().state();
    if (here == RunState.RUNNING && there == RunState.RUNNING) {
      throw new AssertionError("the guest runs in both places");
    }
    if (here != RunState.POSTMIGRATE) {
      throw new AssertionError("the guest moved, but its source is " + here.qemuName());
    }
  }

  String awaitEnd() throws InterruptedException {
    while (true) {
      MachineEvent event = events.poll(60, TimeUnit.SECONDS);
      if (event == null) {
        throw new AssertionError("the migration does not end: " + service.query());
      }
      if (ENDS.contains(event.detail())) {
        return event.detail();
      }
    }
  }

  @Override
  public void close() {
    service.close();
    slot.clear();
  }
}
