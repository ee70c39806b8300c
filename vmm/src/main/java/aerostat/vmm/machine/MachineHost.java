package aerostat.vmm.machine;

import aerostat.mmio.trace.Trace;
import aerostat.vmm.faults.FaultPlan;
import aerostat.vmm.image.Flavour;
import java.io.OutputStream;

/**
 * What the host gives a machine that is no part of its identity: not moved, not compared.
 *
 * @param console where the guest's console output goes; never closed by the machine
 * @param trace where device events go; in deterministic mode each gets the virtual time
 * @param flavour form in which guest code runs first
 * @param faultOnViolation whether an access to a page in the balloon ends a guest of the sanitizing
 *     flavour
 * @param workbench of a tool that drives a deterministic machine
 * @param faults between the balloon's driver and its device
 */
public record MachineHost(
    OutputStream console,
    Trace trace,
    Flavour flavour,
    boolean faultOnViolation,
    Workbench workbench,
    FaultPlan faults) {
  /** No console, no trace. */
  public static final MachineHost SILENT =
      new MachineHost(
          OutputStream.nullOutputStream(),
          Trace.OFF,
          Flavour.PLAIN,
          false,
          Workbench.NONE,
          FaultPlan.NONE);

  public MachineHost withConsole(OutputStream sink) {
    return new MachineHost(sink, trace, flavour, faultOnViolation, workbench, faults);
  }

  public MachineHost withTrace(Trace sink) {
    return new MachineHost(console, sink, flavour, faultOnViolation, workbench, faults);
  }

  public MachineHost withFlavour(Flavour first) {
    return new MachineHost(console, trace, first, faultOnViolation, workbench, faults);
  }

  public MachineHost withFaultOnViolation(boolean fault) {
    return new MachineHost(console, trace, flavour, fault, workbench, faults);
  }

  public MachineHost withWorkbench(Workbench tool) {
    return new MachineHost(console, trace, flavour, faultOnViolation, tool, faults);
  }

  public MachineHost withFaults(FaultPlan plan) {
    return new MachineHost(console, trace, flavour, faultOnViolation, workbench, plan);
  }
}
