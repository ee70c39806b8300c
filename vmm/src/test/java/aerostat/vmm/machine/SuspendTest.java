package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.migration.InProcessMove;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A whole guest sleeps, and is woken where it fell asleep, or elsewhere: CLASSIC-19, CLASSIC-22.
 */
class SuspendTest {
  private static final long MIB = 1 << 20;
  private static final long RAM = 64 * MIB;

  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private long hinted;

  private String text() {
    return console.toString(StandardCharsets.ISO_8859_1);
  }

  private void runUntil(Machine machine, BooleanSupplier condition) {
    long last = machine.polls() + 200_000;
    while (!condition.getAsBoolean()) {
      assertThat(machine.polls()).as(text()).isLessThan(last);
      machine.runUntilPoll(machine.polls() + 500);
    }
  }

  private static void locked(Machine machine, Runnable action) {
    machine.lock().lock();
    try {
      action.run();
    } finally {
      machine.lock().unlock();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sleepsWithoutItsBalloonAndGoesOnWithIt(boolean elsewhere) throws Exception {
    Machine machine =
        Machine.builder()
            .memory(RAM)
            .append("workload=kvstore kvstore.size=1M suspend=3")
            .balloon(new BalloonOptions(true, true, false, false))
            .deterministic(19)
            .console(console)
            .build();
    Machine awake = machine;
    try {
      runUntil(machine, () -> machine.balloon().driverReady());
      locked(machine, () -> machine.balloon().setTarget(RAM / 2));
      runUntil(machine, () -> machine.balloon().actualBytes() == RAM / 2);
      runUntil(machine, () -> machine.power().suspended());
      machine.runUntilPoll(machine.polls() + 10_000);
      assertThat(machine.balloon().driverReady()).isFalse();
      assertThat(machine.balloon().actualBytes()).isEqualTo(RAM);
      assertThat(machine.memory().owners().counts()[PageOwners.BALLOON]).isZero();
      if (elsewhere) {
        awake = InProcessMove.move(machine, MachineHost.SILENT.withConsole(console));
      }
      goesOn(awake);
    } finally {
      awake.close();
      machine.close();
    }
  }

  private void goesOn(Machine machine) {
    assertThat(machine.power().suspended()).isTrue();
    locked(machine, () -> assertThat(machine.power().wakeUp()).isTrue());
    runUntil(machine, () -> machine.balloon().actualBytes() == RAM / 2);
    assertThat(machine.power().suspended()).isFalse();
    locked(machine, () -> machine.balloon().hintStart((gpa, length) -> hinted += length));
    runUntil(machine, () -> machine.balloon().hintRoundOver());
    assertThat(hinted).isPositive();
    locked(machine, () -> machine.balloon().hintDone());
    int from = text().indexOf("PM: suspend exit");
    assertThat(from).isPositive();
    runUntil(machine, () -> text().indexOf("lost=0", from) > 0);
    assertThat(text()).doesNotContain("LOST").doesNotContain("panic").doesNotContain("BUG");
  }
}
