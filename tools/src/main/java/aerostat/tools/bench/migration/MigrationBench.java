package aerostat.tools.bench.migration;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Estimate;
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
import java.util.function.ToLongFunction;

/** Migrations with hints and without in turn, each between two new processes. */
final class MigrationBench implements Report {
  /**
   * Ratio of the times with and without hints of an idle 8 GiB guest that the cover letter of the
   * kernel's patches reports: to 14 % of it.
   */
  private static final double LETTER_RATIO = 0.14;

  private final MigrationRun.Guest guest;
  private final int runs;
  private final Consumer<String> progress;
  private final Disturbance disturbance = new Disturbance();
  private final List<MigrationRun> with = new ArrayList<>();
  private final List<MigrationRun> without = new ArrayList<>();

  MigrationBench(MigrationRun.Guest guest, int runs, Consumer<String> progress) {
    this.guest = guest;
    this.runs = runs;
    this.progress = progress;
  }

  void run() throws IOException, ChildFailure {
    for (int i = 1; i <= runs; i++) {
      // Which of the two is first alternates, so that a slow drift of the host favours none.
      boolean hintsFirst = i % 2 == 0;
      one(i, hintsFirst);
      one(i, !hintsFirst);
    }
  }

  private void one(int number, boolean hints) throws IOException, ChildFailure {
    MigrationRun run = measured(hints);
    (hints ? with : without).add(run);
    progress.accept(
        "run %d of %d, hints %s: %d ms, %s sent, %d pages skipped"
            .formatted(
                number,
                runs,
                hints ? "on" : "off",
                run.totalMillis(),
                Size.show(run.transferred()),
                run.skipped()));
  }

  private MigrationRun measured(boolean hints) throws IOException, ChildFailure {
    try {
      return disturbance.<MigrationRun, Exception>measure(() -> MigrationRun.once(guest, hints));
    } catch (IOException | ChildFailure | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Estimate estimate(List<MigrationRun> runs, ToLongFunction<MigrationRun> figure) {
    return Estimate.of(runs.stream().mapToDouble(figure::applyAsLong).toArray());
  }

  /** Time with hints over time without, run by run. */
  Estimate ratio() {
    double[] ratios = new double[with.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] =
          (double) Math.max(1, with.get(i).totalMillis())
              / Math.max(1, without.get(i).totalMillis());
    }
    return Estimate.of(ratios);
  }

  @Override
  public String toTable() {
    TextTable table = new TextTable().row("", "hints off", "hints on");
    row(table, "total time, ms", 0, MigrationRun::totalMillis);
    row(table, "downtime, ms", 0, MigrationRun::downtimeMillis);
    row(table, "rounds", 0, MigrationRun::rounds);
    row(table, "sent, MiB", 1, r -> r.transferred() >> 20);
    row(table, "pages with content", 0, MigrationRun::normalPages);
    row(table, "zero pages", 0, MigrationRun::zeroPages);
    row(table, "pages skipped by hints", 0, MigrationRun::skipped);
    return table
        + String.format(
            Locale.ROOT,
            "%nidle guest of %s, %s of it filled; %d runs of each, in turn%n"
                + "time with hints / without: %s (the patches' cover letter: %.2f)%n%s%n",
            Size.show(guest.memoryBytes()),
            Size.show(guest.residentBytes()),
            runs,
            ratio().show(2),
            LETTER_RATIO,
            disturbance.show());
  }

  private void row(
      TextTable table, String title, int decimals, ToLongFunction<MigrationRun> figure) {
    table.row(
        title, estimate(without, figure).show(decimals), estimate(with, figure).show(decimals));
  }

  @Override
  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("memory_bytes", guest.memoryBytes());
    object.put("resident_bytes", guest.residentBytes());
    object.put("runs", runs);
    object.put("hints_off", toJson(without));
    object.put("hints_on", toJson(with));
    object.put("ratio", ratio().toJson());
    object.put("letter_ratio", LETTER_RATIO);
    object.put("host", disturbance.toJson());
    return object;
  }

  private static Map<String, Object> toJson(List<MigrationRun> runs) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("total_time_ms", estimate(runs, MigrationRun::totalMillis).toJson());
    object.put("downtime_ms", estimate(runs, MigrationRun::downtimeMillis).toJson());
    object.put("rounds", estimate(runs, MigrationRun::rounds).toJson());
    object.put("transferred_bytes", estimate(runs, MigrationRun::transferred).toJson());
    object.put("normal_pages", estimate(runs, MigrationRun::normalPages).toJson());
    object.put("zero_pages", estimate(runs, MigrationRun::zeroPages).toJson());
    object.put("skipped_pages", estimate(runs, MigrationRun::skipped).toJson());
    return object;
  }
}
