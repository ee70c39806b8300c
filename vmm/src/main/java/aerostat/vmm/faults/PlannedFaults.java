package aerostat.vmm.faults;

import aerostat.devices.clock.DeviceClock;
import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.trace.TraceLine;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The faults of one machine: throws the dice, counts and traces. Nothing of it is state of the
 * guest: what is late when the guest moves away comes with the restore, for a pending interrupt
 * raises the line there and every queue is looked at. With the machine lock held.
 */
final class PlannedFaults implements Faults {
  private final FaultSpec spec;
  private final FaultCounts counts;
  private final String component;
  private final int line;
  private final SplittableRandom random;
  private Trace trace = Trace.OFF;
  private @Nullable Later later;

  PlannedFaults(FaultSpec spec, FaultCounts counts, String component, int line) {
    this.spec = spec;
    this.counts = counts;
    this.component = component;
    this.line = line;
    random = new SplittableRandom(spec.seed());
  }

  @Override
  public InterruptController interrupts(FlatState state) {
    return new FaultyInterrupts(state, this, line);
  }

  @Override
  public MmioDevice window(MmioDevice transport, DeviceClock clock, Trace sink) {
    later = new Later(clock);
    trace = sink;
    return new FaultyWindow(transport, this);
  }

  FaultSpec spec() {
    return spec;
  }

  /** Whether a fault of this probability comes now. */
  boolean happens(double probability) {
    return probability > 0 && random.nextDouble() < probability;
  }

  void after(long nanos, Runnable what) {
    Objects.requireNonNull(later).after(nanos, what);
  }

  /**
   * @param number of a queue, or of entries; -1 for none
   */
  void note(FaultCounts.Kind kind, long number) {
    counts.add(kind);
    if (trace.on()) {
      TraceLine event = TraceLine.of(component, "fault").word("what", kind.word());
      (number < 0 ? event : event.num("n", number)).to(trace);
    }
  }
}
