package aerostat.vmm.migration;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MachineGuest;
import aerostat.vmm.migration.guest.MovableGuest;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * At the handover both sides hold the same guest: x-query-ram-hash, which leaves out what the host
 * holds, is the same before the source gives the guest and before the destination runs it.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HandoverHashTest {
  private static final String APPEND = "workload=kvstore,dirty workload.interval=50";

  /** A place for one kernel guest that notes its hash when it is handed over. */
  private static final class Place implements GuestHost, AutoCloseable {
    final MigrationService service = new MigrationService(this);
    final LinkedBlockingQueue<MachineEvent> events = new LinkedBlockingQueue<>();
    final AtomicReference<@Nullable String> given = new AtomicReference<>();
    final AtomicReference<@Nullable String> taken = new AtomicReference<>();
    final AtomicReference<@Nullable Throwable> resumed = new AtomicReference<>();
    private @Nullable Machine machine;
    private @Nullable MovableGuest guest;

    /** Reports of the workloads here since the last wait. */
    final Semaphore reports = new Semaphore(0);

    final OutputStream console =
        new ByteArrayOutputStream() {
          @Override
          public synchronized void write(byte[] bytes, int offset, int length) {
            if (new String(bytes, offset, length, ISO_8859_1).contains("workload-stat")) {
              reports.release();
            }
          }
        };

    Place() {
      service.onEvent(events::add);
    }

    MovableGuest watched(Machine newMachine) {
      MovableGuest real = new MachineGuest(newMachine);
      machine = newMachine;
      return (MovableGuest)
          Proxy.newProxyInstance(
              MovableGuest.class.getClassLoader(),
              new Class<?>[] {MovableGuest.class},
              (proxy, method, arguments) -> {
                String name = method.getName();
                if (name.equals("equals")) {
                  return proxy == arguments[0];
                }
                if (name.equals("flatState") && newMachine.state() == RunState.FINISH_MIGRATE) {
                  given.set(newMachine.ramHash(false));
                  tryToResume(newMachine);
                }
                if (name.equals("start")) {
                  taken.set(newMachine.ramHash(false));
                }
                try {
                  return method.invoke(real, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }

    private void tryToResume(Machine newMachine) {
      try {
        newMachine.resume();
      } catch (IllegalStateException e) {
        resumed.set(e);
      }
    }

    Machine machine() {
      return Objects.requireNonNull(machine);
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
      return watched(Machine.incoming(config, image, MachineHost.SILENT.withConsole(console)));
    }

    @Override
    public synchronized void install(MovableGuest arrived) {
      guest = arrived;
    }

    @Override
    public synchronized void remove() {
      if (guest != null) {
        guest.close();
      }
      guest = null;
    }

    @Override
    public void close() {
      service.close();
      remove();
    }
  }

  @Test
  void withHints_theSourcesHashAtFinal_isTheDestinationsBeforeItRuns() throws Exception {
    try (Place a = new Place();
        Place b = new Place()) {
      Machine first = Machine.builder().memory(128 << 20).append(APPEND).console(a.console).build();
      a.install(a.watched(first));
      first.start();
      Place from = a;
      Place to = b;
      for (int move = 0; move < 4; move++) {
        // A guest that has not seen the DONE of one migration has nothing to hint in the next.
        from.reports.drainPermits();
        assertThat(from.reports.tryAcquire(6, 60, TimeUnit.SECONDS)).isTrue();
        from.events.clear();
        from.service.setParameters(Map.of("x-hint-wait", 10_000));
        from.service.migrate(to.service.listen("tcp:127.0.0.1:0"));
        assertThat(end(from)).as("%s", from.service.query()).isEqualTo("completed");
        assertThat(from.service.query().get("x-hinted-pages"))
            .as("move %d: %s", move, from.service.query())
            .asString()
            .matches("[1-9]\\d*");
        assertThat(to.taken.get()).as("move %d", move).isNotNull().isEqualTo(from.given.get());
        assertThat(to.machine().pageStates().hinted()).as("withheld, unwritten").isPositive();
        assertThat(from.resumed.get()).as("given guests do not run").isNotNull();
        assertThatThrownBy(() -> a.machine().start()).isInstanceOf(IllegalStateException.class);
        Place swap = from;
        from = to;
        to = swap;
      }
      from.machine().pause(RunState.PAUSED);
      String before = from.machine().ramHash(false);
      from.machine().memory().settleOwners();
      assertThat(from.machine().memory().owners().counts()[PageOwners.HINTED]).isPositive();
      assertThat(from.machine().ramHash(false)).isEqualTo(before);
    }
  }

  private static String end(Place place) throws InterruptedException {
    Map<String, Object> last = Map.of();
    while (true) {
      MachineEvent event = place.events.poll(60, TimeUnit.SECONDS);
      if (event == null) {
        throw new AssertionError("no end: " + last);
      }
      last = place.service.query();
      if (event.detail().matches("completed|failed|cancelled")
          && event.name().equals("MIGRATION")) {
        return event.detail();
      }
    }
  }
}
