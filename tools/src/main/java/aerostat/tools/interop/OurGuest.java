package aerostat.tools.interop;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.trace.TraceEvent;
import aerostat.vmm.machine.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Our guest and device, taken through the steps of the recording; deterministic. */
final class OurGuest {
  private static final long MIB = 1 << 20;
  private static final long RAM = 512 * MIB;

  /** The balloon's size in the scenario. */
  private static final long INFLATED = 16 * MIB;

  private static final long MOST_POLLS = 5_000_000;

  private final List<TraceEvent> events = new ArrayList<>();

  private OurGuest() {}

  /**
   * The trace of the whole scenario, steps marked as in the recording.
   *
   * @throws IllegalStateException if a step does not come to its end
   */
  static Recording run() {
    OurGuest guest = new OurGuest();
    BalloonOptions options = new BalloonOptions(true, false, false, false);
    try (Machine machine =
        Machine.builder()
            .memory(RAM)
            .append("workload=idle")
            .balloon(options)
            .deterministic(1)
            .trace(guest.new Events())
            .build()) {
      guest.play(machine);
    }
    return Recording.of(guest.events.stream());
  }

  private void play(Machine machine) {
    step("probe");
    until(machine, () -> machine.balloon().driverReady());
    machine.runUntilPoll(machine.polls() + 2_000);
    step("inflate");
    locked(machine, () -> machine.balloon().setTarget(RAM - INFLATED));
    until(machine, () -> machine.balloon().actualBytes() == RAM - INFLATED);
    machine.runUntilPoll(machine.polls() + 2_000);
    step("deflate");
    locked(machine, () -> machine.balloon().setTarget(RAM));
    until(machine, () -> machine.balloon().actualBytes() == RAM);
    machine.runUntilPoll(machine.polls() + 2_000);
    step("stats");
    locked(machine, () -> machine.balloon().setStatsPollingInterval(1));
    until(machine, () -> machine.balloon().stats().containsKey("stat-free-memory"));
    locked(machine, () -> machine.balloon().setStatsPollingInterval(0));
    step("hint");
    locked(machine, () -> machine.balloon().hintStart((gpa, length) -> {}));
    machine.runUntilPoll(machine.polls() + 20_000);
    locked(machine, () -> machine.balloon().hintStop());
    machine.runUntilPoll(machine.polls() + 2_000);
    locked(machine, () -> machine.balloon().hintDone());
    machine.runUntilPoll(machine.polls() + 2_000);
  }

  private void step(String name) {
    events.add(new TraceEvent(-1, "scenario", "step", Map.of("name", name)));
  }

  private static void until(Machine machine, BooleanSupplier reached) {
    long last = machine.polls() + MOST_POLLS;
    while (!reached.getAsBoolean()) {
      if (machine.polls() > last) {
        throw new IllegalStateException("the guest does not come on");
      }
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

  private final class Events implements Trace {
    @Override
    public boolean on() {
      return true;
    }

    @Override
    public void event(String line) {
      TraceEvent event = TraceEvent.parse(line);
      if (event.component().equals("virtio0")) {
        events.add(event);
      }
    }
  }
}
