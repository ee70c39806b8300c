package aerostat.vmm.migration.faults;

import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.MigrationService;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MovableGuest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands for one VMM process: a place for a guest, and the production's migration service. */
final class PlanProcess implements GuestHost, AutoCloseable {
  private static final long MEMORY = 2 << 20;

  private final String name;
  private final PlanWorld world;
  private final MigrationService service;
  private final List<PlanGuest> built = new ArrayList<>();
  private @Nullable PlanGuest guest;

  PlanProcess(String name, PlanWorld world) {
    this.name = name;
    this.world = world;
    service = new MigrationService(this, new PlanConnections(world, this));
    service.onEvent(event -> world.changed());
  }

  MigrationService service() {
    return service;
  }

  /** The guest's first home: it begins to run here. */
  void bootGuest() {
    PlanGuest fresh = made(Machine.builder().memory(MEMORY).config(), RunState.PRELAUNCH);
    install(fresh);
    fresh.start();
  }

  /** A field of {@code query-migrate}, empty if it is not there. */
  String query(String field) {
    Object value = service.query().get(field);
    return value == null ? "" : value.toString();
  }

  void started(PlanGuest which) {
    world.started(this, which);
  }

  void stopped() {
    world.stopped(this);
  }

  @Override
  public synchronized @Nullable MovableGuest present() {
    return guest;
  }

  @Override
  public ExpectedConfig expected() {
    return ExpectedConfig.NONE;
  }

  @Override
  public MovableGuest build(MachineConfig config, byte[] image) {
    return made(config, RunState.INMIGRATE);
  }

  private synchronized PlanGuest made(MachineConfig config, RunState first) {
    PlanGuest fresh = new PlanGuest(this, config, first);
    built.add(fresh);
    return fresh;
  }

  @Override
  public synchronized void install(MovableGuest arrived) {
    guest = (PlanGuest) arrived;
  }

  @Override
  public synchronized void remove() {
    guest = null;
  }

  /** Ends its threads and frees what its guests hold, alive or killed. */
  @Override
  public void close() {
    service.close();
    List<PlanGuest> all;
    synchronized (this) {
      all = List.copyOf(built);
    }
    all.forEach(PlanGuest::close);
  }

  @Override
  public String toString() {
    return name;
  }
}
