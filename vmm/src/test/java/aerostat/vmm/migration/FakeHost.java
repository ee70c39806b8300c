package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.SocketConnections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process's place for hand-made guests, and its migration service. */
public final class FakeHost implements GuestHost, AutoCloseable {
  public final List<FakeGuest> built = new CopyOnWriteArrayList<>();
  public final LinkedBlockingQueue<MachineEvent> events = new LinkedBlockingQueue<>();
  public final MigrationService service;
  volatile ExpectedConfig expected = ExpectedConfig.NONE;
  volatile byte[] code = new byte[32];
  private @Nullable FakeGuest guest;

  public FakeHost() {
    this(new SocketConnections());
  }

  FakeHost(Connections connections) {
    service = new MigrationService(this, connections);
    service.onEvent(events::add);
  }

  public static FakeHost with(FakeGuest guest) {
    FakeHost host = new FakeHost();
    host.guest = guest;
    return host;
  }

  static FakeHost with(FakeGuest guest, Connections connections) {
    FakeHost host = new FakeHost(connections);
    host.guest = guest;
    return host;
  }

  @Override
  public synchronized @Nullable FakeGuest present() {
    return guest;
  }

  public FakeGuest guest() {
    FakeGuest here = present();
    if (here == null) {
      throw new AssertionError("no guest: " + service.query());
    }
    return here;
  }

  @Override
  public ExpectedConfig expected() {
    return expected;
  }

  @Override
  public MovableGuest build(MachineConfig config, byte[] image) {
    FakeGuest fresh = new FakeGuest(config, image, RunState.INMIGRATE);
    fresh.code = code;
    built.add(fresh);
    return fresh;
  }

  @Override
  public synchronized void install(MovableGuest arrived) {
    if (guest != null) {
      throw new IllegalStateException("a guest is here");
    }
    guest = (FakeGuest) arrived;
  }

  @Override
  public synchronized void remove() {
    if (guest != null) {
      guest.close();
      guest = null;
    }
  }

  /** A number of {@code query-migrate}, -1 if it is not there. */
  static long number(Map<String, Object> map, String name) {
    return map.get(name) instanceof Long number ? number : -1;
  }

  String status() {
    return String.valueOf(service.query().get("status"));
  }

  /** Waits for MIGRATION events until one of these statuses; which it was. */
  public String await(String... statuses) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      MachineEvent event = events.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (event == null) {
        throw new AssertionError("no " + List.of(statuses) + " in time: " + service.query());
      }
      if (event.name().equals("MIGRATION") && List.of(statuses).contains(event.detail())) {
        return event.detail();
      }
    }
  }

  @SuppressWarnings("unchecked")
  public Map<String, Object> ram() {
    return (Map<String, Object>) service.query().getOrDefault("ram", Map.of());
  }

  @Override
  public void close() {
    service.close();
    remove();
  }

  /** Waits for the end of a migration, which must be a good one. */
  static void moved(FakeHost from, FakeHost to) throws InterruptedException {
    assertThat(from.await("completed", "failed"))
        .as(() -> from.service.query() + "\n" + to.service.query())
        .isEqualTo("completed");
    assertThat(to.await("completed", "failed")).isEqualTo("completed");
    assertThat(from.guest().state()).isEqualTo(RunState.POSTMIGRATE);
  }
}
