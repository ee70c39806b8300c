package aerostat.tools.bench.faults;

import aerostat.tools.bench.stats.Output;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.child.ChildFailure;
import aerostat.vmm.cli.CliException;
import aerostat.vmm.cli.ExitCode;
import aerostat.vmm.cli.LogSetup;
import aerostat.vmm.migration.faults.EndState;
import aerostat.vmm.migration.faults.FaultPlan;
import aerostat.vmm.migration.faults.FaultReport;
import aerostat.vmm.migration.faults.PlanRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Plays random fault plans and counts their ends. */
public final class FaultBench {
  private final int plans;
  private final long seed;
  private final boolean processes;

  /**
   * @param plans how many, at least 1
   * @param seed of the first; the others follow
   * @param processes with real processes, not in this one
   */
  public FaultBench(int plans, long seed, boolean processes) {
    if (plans < 1) {
      throw new CliException(ExitCode.USAGE, "--faults " + plans + ": at least 1");
    }
    this.plans = plans;
    this.seed = seed;
    this.processes = processes;
  }

  /** Plays all; the report fails the command if any end was illegal. */
  public Report play() throws IOException, ChildFailure {
    try {
      return report(processes ? withProcesses() : FaultReport.play(inMemory(), FaultBench::tell));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException(ExitCode.FAILED, "interrupted");
    }
  }

  private Report report(FaultReport found) {
    return new Report() {
      @Override
      public String toTable() {
        return table(found);
      }

      @Override
      public Map<String, Object> toJson() {
        return FaultBench.this.toJson(found);
      }

      @Override
      public int exitCode() {
        return found.illegal().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
      }
    };
  }

  /** Thousands of migrations fail as planned; their warnings say nothing. */
  private List<FaultPlan> inMemory() {
    if (System.getProperty(LogSetup.LEVEL) == null) {
      System.setProperty(LogSetup.LEVEL, "OFF");
    }
    List<FaultPlan> all = new ArrayList<>();
    for (int i = 0; i < plans; i++) {
      all.add(FaultPlan.random(seed + i));
    }
    return all;
  }

  private FaultReport withProcesses() throws IOException, ChildFailure {
    try (ProcessPlans fleet = new ProcessPlans()) {
      FaultReport report = new FaultReport();
      for (int i = 0; i < plans; i++) {
        PlanRun.Outcome outcome = fleet.play(ProcessPlans.plan(seed + i));
        tell(outcome);
        report.add(outcome);
      }
      return report;
    }
  }

  private static void tell(PlanRun.Outcome outcome) {
    Output.progress(
        outcome.plan()
            + " -> "
            + outcome.end().words()
            + (outcome.legal() ? "" : ": " + outcome.note()));
  }

  private static String table(FaultReport report) {
    StringBuilder text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "%d fault plans%n", report.plans()));
    for (EndState end : EndState.values()) {
      text.append(String.format(Locale.ROOT, "%7d  %s%n", report.count(end), end.words()));
    }
    return text.toString();
  }

  private Map<String, Object> toJson(FaultReport report) {
    Map<String, Object> ends = new LinkedHashMap<>();
    for (EndState end : EndState.values()) {
      ends.put(end.name().toLowerCase(Locale.ROOT), report.count(end));
    }
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("plans", report.plans());
    object.put("seed", seed);
    object.put("processes", processes);
    object.put("ends", ends);
    object.put("illegal", report.illegal().stream().map(o -> o.plan() + ": " + o.note()).toList());
    return object;
  }
}
