package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineSlot;
import java.lang.ref.WeakReference;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two processes between which a guest goes without end must not keep what it was before. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ForgottenGuestTest {
  private static final class Place implements AutoCloseable {
    final MachineSlot slot = new MachineSlot();
    final MigrationService service = new MigrationService(slot);
    private final LinkedBlockingQueue<String> ends = new LinkedBlockingQueue<>();

    Place() {
      service.onEvent(
          event -> {
            if (Set.of("completed", "failed").contains(event.detail())) {
              ends.add(event.detail());
            }
          });
    }

    void moveTo(Place to) throws InterruptedException {
      service.migrate(to.service.listen("tcp:127.0.0.1:0"));
      assertThat(ends.poll(30, TimeUnit.SECONDS)).isEqualTo("completed");
      assertThat(to.ends.poll(30, TimeUnit.SECONDS)).isEqualTo("completed");
    }

    WeakReference<Machine> machine() {
      return new WeakReference<>(Objects.requireNonNull(slot.machine()));
    }

    @Override
    public void close() {
      service.close();
      slot.clear();
    }
  }

  @Test
  void aGuestThatWentAndCameBackTwice_isNotHeldAsItWasAtFirst() throws Exception {
    try (Place a = new Place();
        Place b = new Place()) {
      a.slot.put(Machine.builder().memory(16 << 20).build());
      WeakReference<Machine> first = a.machine();
      a.moveTo(b);
      WeakReference<Machine> second = b.machine();
      b.moveTo(a);
      // The last migration out of each place may hold its guest; the one before it must not.
      a.moveTo(b);
      b.moveTo(a);
      assertCollected(first);
      assertCollected(second);
    }
  }

  /** A collection may come while a thread that ends still has it on its stack; so several. */
  private static void assertCollected(WeakReference<Machine> machine) {
    for (int i = 0; i < 50 && machine.get() != null; i++) {
      System.gc();
      Thread.onSpinWait();
    }
    assertThat(machine.get()).as("a guest that went two moves ago").isNull();
  }
}
