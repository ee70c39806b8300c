package aerostat.vmm.driver;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineBuilder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A deterministic guest of 64 MiB that is put through what a balloon can do. */
final class BalloonRun implements AutoCloseable {
  static final long RAM = 64L << 20;
  static final BalloonOptions HINTS = new BalloonOptions(true, false, false, true);

  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private final Machine machine;

  /** Boots until the driver is ready; {@code image} null for the guest's own. */
  BalloonRun(BalloonOptions options, String append, byte @Nullable [] image) {
    MachineBuilder builder =
        Machine.builder()
            .memory(RAM)
            .append(append)
            .balloon(options)
            .deterministic(11)
            .console(console);
    machine = image == null ? builder.build() : builder.image(image).build();
    until(() -> machine.balloon().driverReady());
  }

  Machine machine() {
    return machine;
  }

  String console() {
    return console.toString(StandardCharsets.ISO_8859_1);
  }

  void locked(Runnable action) {
    machine.lock().lock();
    try {
      action.run();
    } finally {
      machine.lock().unlock();
    }
  }

  /** Runs on until the condition holds, which it must within 100,000 polls. */
  void until(BooleanSupplier condition) {
    long last = machine.polls() + 100_000;
    while (!condition.getAsBoolean()) {
      assertThat(machine.polls()).as(console()).isLessThan(last);
      long before = machine.polls();
      machine.runUntilPoll(before + 500);
      assertThat(machine.polls()).as("the guest has ended: " + console()).isGreaterThan(before);
    }
  }

  /** Runs on for so many polls. */
  void run(long polls) {
    machine.runUntilPoll(machine.polls() + polls);
  }

  void inflateTo(long target, long reached) {
    locked(() -> machine.balloon().setTarget(target));
    until(() -> machine.balloon().actualBytes() == reached);
  }

  /** One round of hinting with all that belongs to it; the start addresses of what was hinted. */
  Set<Long> hint() {
    Set<Long> hinted = new HashSet<>();
    locked(() -> machine.balloon().hintStart((gpa, length) -> hinted.add(gpa)));
    run(10_000);
    locked(() -> machine.balloon().hintStop());
    run(2_000);
    locked(() -> machine.balloon().hintDone());
    run(2_000);
    return hinted;
  }

  @Override
  public void close() {
    machine.close();
  }
}
