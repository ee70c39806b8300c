package aerostat.vmm.faults;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.state.FlatState;
import aerostat.vmm.faults.FaultCounts.Kind;

/** Loses or delays the rises of one line. */
final class FaultyInterrupts extends InterruptController {
  private final PlannedFaults faults;
  private final int line;

  /** Counts the falls: what was late for a line that fell meanwhile has been seen. */
  private long falls;

  FaultyInterrupts(FlatState state, PlannedFaults faults, int line) {
    super(state);
    this.faults = faults;
    this.line = line;
  }

  @Override
  public void setLevel(int changed, boolean high) {
    if (changed != line) {
      super.setLevel(changed, high);
    } else if (!high) {
      falls++;
      super.setLevel(line, false);
    } else if ((levels() & 1 << line) == 0) {
      rise();
    }
  }

  private void rise() {
    if (faults.happens(faults.spec().loseIrq())) {
      faults.note(Kind.LOSE_IRQ, -1);
    } else if (faults.happens(faults.spec().lateIrq())) {
      faults.note(Kind.LATE_IRQ, -1);
      long seen = falls;
      faults.after(
          faults.spec().delay(),
          () -> {
            if (seen == falls) {
              super.setLevel(line, true);
            }
          });
    } else {
      super.setLevel(line, true);
    }
  }
}
