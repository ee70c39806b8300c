package aerostat.tools.interop;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.BalloonProperty;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.trace.TraceEvent;
import aerostat.vmm.machine.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Our guest and device, taken through the steps of the recording; deterministic. */
final class OurGuest {
  private static final long MIB = 1 << 20;
  private static final long RAM = 512 * MIB;

  /** The balloon's size in the scenario. */
  private static final long INFLATED = 16 * MIB;

  private static final long MOST_POLLS = 5_000_000;

  private static final int REPORTING_QUEUE = 4;

  /** So few that an idle guest does not skip the two seconds to its next report. */
  private static final long FEW = 10;

  /** Polls in which the guest does all that it has to do at once. */
  private static final long SETTLE = 3_000;

  private static final Pattern FEATURES =
      Pattern.compile(
          "features (hint=(?<hint>\\w+) reporting=(?<reporting>\\w+) )?"
              + "poison=(?<poison>\\w+)( append=(?<append>.*))?");

  private final List<TraceEvent> events = new ArrayList<>();

  private OurGuest() {}

  /**
   * The trace of the same steps.
   *
   * @throws IllegalStateException if a step does not come to its end
   */
  static Recording follow(Recording theirs) {
    OurGuest guest = new OurGuest();
    guest.scenario();
    for (String step : theirs.steps().keySet()) {
      Matcher features = FEATURES.matcher(step);
      if (features.matches()) {
        guest.features(step, features);
      }
    }
    return Recording.of(guest.events.stream());
  }

  private void features(String step, Matcher given) {
    boolean allOn = given.group("append") != null;
    BalloonOptions options =
        BalloonOptions.DEFAULT
            .with(BalloonProperty.FREE_PAGE_HINT, allOn || "on".equals(given.group("hint")))
            .with(
                BalloonProperty.FREE_PAGE_REPORTING, allOn || "on".equals(given.group("reporting")))
            .with(BalloonProperty.PAGE_POISON, "on".equals(given.group("poison")));
    String append = allOn ? given.group("append").replace(',', ' ') : "";
    try (Machine machine = machine(options, append)) {
      step(step);
      until(machine, () -> machine.balloon().driverReady());
      machine.runUntilPoll(machine.polls() + SETTLE);
    }
  }

  private void scenario() {
    BalloonOptions options =
        BalloonOptions.DEFAULT
            .with(BalloonProperty.FREE_PAGE_HINT, true)
            .with(BalloonProperty.FREE_PAGE_REPORTING, true)
            .with(BalloonProperty.PAGE_POISON, true);
    try (Machine machine = machine(options, "")) {
      step("probe");
      until(machine, () -> machine.balloon().driverReady());
      step("report");
      until(machine, this::reported);
      machine.runUntilPoll(machine.polls() + SETTLE);
      step("inflate");
      locked(machine, () -> machine.balloon().setTarget(RAM - INFLATED));
      until(machine, () -> machine.balloon().actualBytes() == RAM - INFLATED);
      step("deflate");
      locked(machine, () -> machine.balloon().setTarget(RAM));
      until(machine, () -> machine.balloon().actualBytes() == RAM);
      machine.runUntilPoll(machine.polls() + SETTLE);
      step("stats");
      locked(machine, () -> machine.balloon().setStatsPollingInterval(1));
      machine.runUntilPoll(machine.polls() + SETTLE);
      locked(machine, () -> machine.balloon().setStatsPollingInterval(0));
      machine.runUntilPoll(machine.polls() + SETTLE);
      step("hint");
      locked(machine, () -> machine.balloon().hintStart((gpa, length) -> {}));
      machine.runUntilPoll(machine.polls() + SETTLE);
      locked(machine, () -> machine.balloon().hintStop());
      machine.runUntilPoll(machine.polls() + SETTLE);
      locked(machine, () -> machine.balloon().hintDone());
      machine.runUntilPoll(machine.polls() + SETTLE);
    }
  }

  private Machine machine(BalloonOptions options, String append) {
    return Machine.builder()
        .memory(RAM)
        .append("workload=idle " + append)
        .balloon(options)
        .deterministic(1)
        .trace(new Events())
        .build();
  }

  private boolean reported() {
    return events.stream()
        .anyMatch(e -> e.event().equals("push") && e.number("queue") == REPORTING_QUEUE);
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
      machine.runUntilPoll(machine.polls() + FEW);
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
