package aerostat.vmm.faults;

import java.util.Objects;

/** Faults for the machines of a process, and what came of them. */
public final class FaultPlan {
  /** Nothing goes wrong. */
  public static final FaultPlan NONE = new FaultPlan(FaultSpec.NONE);

  private final FaultSpec spec;
  private final FaultCounts counts = new FaultCounts();

  public FaultPlan(FaultSpec spec) {
    this.spec = Objects.requireNonNull(spec);
  }

  public FaultSpec spec() {
    return spec;
  }

  public FaultCounts counts() {
    return counts;
  }

  /**
   * For one new machine.
   *
   * @param component instance whose faults they are, as traces name it
   * @param line its interrupt line
   */
  public Faults begin(String component, int line) {
    return spec.equals(FaultSpec.NONE)
        ? Faults.NONE
        : new PlannedFaults(spec, counts, component, line);
  }
}
