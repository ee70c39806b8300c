package aerostat.tools.bench.balloon;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Goal;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.bench.stats.TextTable;
import aerostat.tools.child.ChildFailure;
import aerostat.vmm.cli.Size;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Inflations, each of a new guest, and free page reporting once. */
final class BalloonBench implements Report {
  private static final double GOAL_MILLIS_A_GIB = 250;

  private final long size;
  private final int runs;
  private final boolean withReporting;
  private final Consumer<String> progress;
  private final Disturbance disturbance = new Disturbance();
  private final List<Inflation> inflations = new ArrayList<>();
  private @Nullable Reporting reporting;

  BalloonBench(long size, int runs, boolean withReporting, Consumer<String> progress) {
    this.size = size;
    this.runs = runs;
    this.withReporting = withReporting;
    this.progress = progress;
  }

  void run() throws IOException, ChildFailure {
    for (int i = 1; i <= runs; i++) {
      Inflation one = disturbance.measureProcesses(() -> Inflation.once(size));
      inflations.add(one);
      progress.accept(
          String.format(
              Locale.ROOT,
              "run %d of %d: inflated in %.0f ms, deflated in %.0f ms",
              i,
              runs,
              one.inflateMillis(),
              one.deflateMillis()));
    }
    if (withReporting) {
      progress.accept("free page reporting, a pass every 2 s");
      reporting = Reporting.once(size);
    }
  }

  private Estimate estimate(ToDoubleFunction<Inflation> figure) {
    return Estimate.of(inflations.stream().mapToDouble(figure).toArray());
  }

  private List<Goal> goals() {
    List<Goal> goals = new ArrayList<>();
    double limit = GOAL_MILLIS_A_GIB * size / (1L << 30);
    goals.add(
        new Goal("inflate and deflate", "ms", limit, estimate(Inflation::bothMillis).median()));
    Reporting found = reporting;
    if (found != null) {
      goals.add(new Goal("memory left after reporting", "", 0.01, found.left()));
      long expected = Reporting.expectedPasses(found.reportedPages());
      goals.add(new Goal("passes of reporting", "", expected, found.passes()));
    }
    return goals;
  }

  @Override
  public String toTable() {
    TextTable table = new TextTable().row("", Size.show(size));
    row(table, "inflate, ms", Inflation::inflateMillis);
    row(table, "deflate, ms", Inflation::deflateMillis);
    row(table, "processor time for both, ms", Inflation::processorMillis);
    row(table, "RAM in host memory before, MiB", r -> r.residentBefore() >> 20);
    row(table, "with the balloon full, MiB", r -> r.residentInflated() >> 20);
    StringBuilder text = new StringBuilder(table.toString());
    Reporting found = reporting;
    if (found != null) {
      text.append(
          String.format(
              Locale.ROOT,
              "%nfree page reporting: %s in %.1f s, %d passes (%d by REPORT-06); RAM in host memory"
                  + " from %s to %s, an untouched guest has %s%n",
              Size.show(found.reportedPages() << 12),
              found.millis() / 1000,
              found.passes(),
              Reporting.expectedPasses(found.reportedPages()),
              Size.show(found.residentTouched()),
              Size.show(found.residentReported()),
              Size.show(found.residentUntouched())));
    }
    text.append(System.lineSeparator());
    goals().forEach(goal -> text.append(goal.show()).append(System.lineSeparator()));
    return text.append(
            String.format(Locale.ROOT, "%d runs, %s%n", inflations.size(), disturbance.show()))
        .toString();
  }

  private void row(TextTable table, String title, ToDoubleFunction<Inflation> figure) {
    table.row(title, estimate(figure).show(0));
  }

  @Override
  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("size_bytes", size);
    object.put("inflate_ms", estimate(Inflation::inflateMillis).toJson());
    object.put("deflate_ms", estimate(Inflation::deflateMillis).toJson());
    object.put("processor_ms", estimate(Inflation::processorMillis).toJson());
    object.put("resident_before_bytes", estimate(Inflation::residentBefore).toJson());
    object.put("resident_inflated_bytes", estimate(Inflation::residentInflated).toJson());
    Reporting found = reporting;
    if (found != null) {
      object.put("reporting", found.toJson());
    }
    object.put("goals", goals().stream().map(Goal::toJson).toList());
    object.put("host", disturbance.toJson());
    return object;
  }
}
