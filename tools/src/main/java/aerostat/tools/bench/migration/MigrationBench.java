package aerostat.tools.bench.migration;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.bench.stats.TextTable;
import aerostat.tools.child.ChildFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Scenarios in turn, each between two new processes and then to and fro, beside the limits. */
public final class MigrationBench implements Report {
  /**
   * Ratio of the times with and without hints of an idle 8 GiB guest that the cover letter of the
   * kernel's patches reports: to 14 % of it.
   */
  private static final double LETTER_RATIO = 0.14;

  private static final String[] PARTS = {
    "pause", "final-sync", "final-pages", "state", "handover", "resume"
  };

  private final List<Scenario> scenarios;
  private final int runs;
  private final int moves;
  private final int delayMillis;
  private final Consumer<String> progress;
  private final Disturbance disturbance;
  private final Map<Scenario, List<MigrationRun>> found = new LinkedHashMap<>();
  private final Map<Boolean, List<QemuPair.Migration>> qemus = new LinkedHashMap<>();
  private QemuPair.@Nullable Setup qemu;
  private @Nullable Limits limits;

  /**
   * @param runs pairs of processes for each scenario
   * @param moves of the guest between a pair
   * @param delayMillis round trip of the way between them
   */
  public MigrationBench(
      List<Scenario> scenarios, int runs, int moves, int delayMillis, Consumer<String> progress) {
    this(scenarios, runs, moves, delayMillis, progress, new Disturbance());
  }

  /** As above, where others count disturbances as well. */
  public MigrationBench(
      List<Scenario> scenarios,
      int runs,
      int moves,
      int delayMillis,
      Consumer<String> progress,
      Disturbance disturbance) {
    this.disturbance = disturbance;
    this.scenarios = scenarios;
    this.runs = runs;
    this.moves = moves;
    this.delayMillis = delayMillis;
    this.progress = progress;
    scenarios.forEach(scenario -> found.put(scenario, new ArrayList<>()));
  }

  /** QEMU takes its turn after our scenarios, without hints and with; null: no QEMU. */
  public MigrationBench beside(QemuPair.@Nullable Setup setup) {
    qemu = setup;
    return this;
  }

  /** Measures everything; scenarios take turns, so that a slow drift of the host favours none. */
  public MigrationBench run() throws IOException, ChildFailure {
    try (Limits host = Limits.prepare()) {
      limits = host;
      run(host);
    }
    return this;
  }

  private void run(Limits host) throws IOException, ChildFailure {
    for (int i = 1; i <= runs; i++) {
      host.sample();
      for (Scenario scenario : scenarios) {
        List<MigrationRun> pair =
            disturbance.measureProcesses(() -> ProcessPair.runs(scenario, moves, delayMillis));
        found.getOrDefault(scenario, new ArrayList<>()).addAll(pair);
        MigrationRun last = pair.getLast();
        progress.accept(
            String.format(
                Locale.ROOT,
                "%d of %d, %s: %.0f ms, then %.0f ms, stood still %.1f ms",
                i,
                runs,
                scenario.name(),
                pair.getFirst().totalMillis(),
                last.totalMillis(),
                last.stillMillis()));
      }
      QemuPair.Setup setup = qemu;
      if (setup != null) {
        migrateQemu(setup, false);
        migrateQemu(setup, true);
      }
    }
  }

  private void migrateQemu(QemuPair.Setup setup, boolean hints) throws IOException, ChildFailure {
    QemuPair.Migration migration =
        disturbance.measureProcesses(() -> QemuPair.migrate(setup, hints));
    qemus.computeIfAbsent(hints, unused -> new ArrayList<>()).add(migration);
    progress.accept(
        String.format(
            Locale.ROOT,
            "%s, hints %s: %.0f ms, downtime %.0f ms, %.0f MiB",
            QemuPair.describe(setup),
            hints ? "on" : "off",
            migration.totalMillis(),
            migration.downtimeMillis(),
            migration.transferredBytes() / (1 << 20)));
  }

  /** Moves between each pair of processes. */
  public int moves() {
    return moves;
  }

  /** All migrations of a scenario: those of the first pair of processes, of the second, … */
  public List<MigrationRun> found(Scenario scenario) {
    return List.copyOf(found.getOrDefault(scenario, List.of()));
  }

  /** What the host allows, sampled before each pair of processes; null before {@link #run}. */
  public @Nullable Limits limits() {
    return limits;
  }

  /** QEMU's migrations, one a round; empty without QEMU. */
  public List<QemuPair.Migration> qemus(boolean hints) {
    return List.copyOf(qemus.getOrDefault(hints, List.of()));
  }

  /** The last migration of each scenario, by name. */
  Map<String, MigrationRun> last() {
    Map<String, MigrationRun> last = new LinkedHashMap<>();
    found.forEach(
        (scenario, list) -> {
          if (!list.isEmpty()) {
            last.put(scenario.name(), list.getLast());
          }
        });
    return last;
  }

  private @Nullable Estimate estimate(
      Scenario scenario, Predicate<MigrationRun> which, ToDoubleFunction<MigrationRun> figure) {
    double[] values =
        found.getOrDefault(scenario, List.of()).stream()
            .filter(which)
            .mapToDouble(figure)
            .toArray();
    return values.length == 0 ? null : Estimate.of(values);
  }

  private static String show(@Nullable Estimate estimate, int decimals) {
    return estimate == null
        ? "-"
        : String.format(Locale.ROOT, "%." + decimals + "f", estimate.median());
  }

  /** Of migrations between processes that have done one, or of the first ones if there are none. */
  private Predicate<MigrationRun> settled() {
    return moves > 1 ? run -> !run.first() : run -> true;
  }

  /** Time with hints over time without, for each guest and size, nothing skipped. */
  private Map<String, Double> ratios() {
    Map<String, Double> ratios = new LinkedHashMap<>();
    for (Scenario with : scenarios) {
      for (Scenario without : scenarios) {
        boolean pair =
            with.hints()
                && !without.hints()
                && with.skip() == without.skip()
                && with.guest().equals(without.guest())
                && with.memoryBytes() == without.memoryBytes();
        Estimate on = estimate(with, settled(), MigrationRun::totalMillis);
        Estimate off = estimate(without, settled(), MigrationRun::totalMillis);
        if (pair && on != null && off != null) {
          ratios.put(with.name(), on.median() / Math.max(1, off.median()));
        }
      }
    }
    return ratios;
  }

  @Override
  public String toTable() {
    TextTable table =
        new TextTable()
            .row(
                "median of each",
                "first, ms",
                "again, ms",
                "still, ms",
                "QEMU's, ms",
                "sent, MiB",
                "MiB/s",
                "zero",
                "hinted",
                "hint wait, ms");
    for (Scenario scenario : scenarios) {
      table.row(
          scenario.name(),
          show(estimate(scenario, MigrationRun::first, MigrationRun::totalMillis), 0),
          show(estimate(scenario, run -> !run.first(), MigrationRun::totalMillis), 0),
          show(estimate(scenario, settled(), MigrationRun::stillMillis), 1),
          show(estimate(scenario, settled(), MigrationRun::downtimeMillis), 0),
          show(estimate(scenario, settled(), run -> run.transferred() / (1 << 20)), 1),
          show(estimate(scenario, settled(), MigrationRun::firstRoundRate), 0),
          show(estimate(scenario, settled(), MigrationRun::zeroPages), 0),
          show(estimate(scenario, settled(), MigrationRun::hintedPages), 0),
          show(estimate(scenario, settled(), MigrationRun::hintWaitMillis), 0));
    }
    StringBuilder text = new StringBuilder(table.toString()).append(System.lineSeparator());
    TextTable pause = new TextTable().row(concat("where the pause goes, ms", PARTS));
    for (Scenario scenario : scenarios) {
      String[] cells = new String[PARTS.length];
      for (int i = 0; i < cells.length; i++) {
        String part = PARTS[i];
        cells[i] = show(estimate(scenario, settled(), run -> run.part(part)), 2);
      }
      pause.row(concat(scenario.name(), cells));
    }
    text.append(pause).append(System.lineSeparator());
    Limits measured = limits;
    if (measured != null) {
      TextTable bounds = new TextTable().row("limits of this host", "MiB/s");
      measured.found().forEach((name, estimate) -> bounds.row(name, estimate.show(0)));
      text.append(bounds).append(System.lineSeparator());
    }
    ratios()
        .forEach(
            (name, ratio) ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        "%s: %.3f of the time without hints (the patches' cover letter: %.2f)%n",
                        name,
                        ratio,
                        LETTER_RATIO)));
    qemuFigures()
        .forEach(
            (name, figure) ->
                text.append(name + ": " + figure.show(0)).append(System.lineSeparator()));
    if (delayMillis > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "round trip %d ms: a pause of at most %d ms is the goal%n",
              delayMillis,
              2 * delayMillis + 3));
    }
    return text.append(disturbance.show()).append(System.lineSeparator()).toString();
  }

  private Map<String, Estimate> qemuFigures() {
    Map<String, Estimate> figures = new LinkedHashMap<>();
    QemuPair.Setup setup = qemu;
    if (setup != null) {
      qemus.forEach(
          (hints, all) -> {
            String name = QemuPair.describe(setup) + ", hints " + (hints ? "on" : "off");
            figures.put(name + ", total, ms", estimate(all, QemuPair.Migration::totalMillis));
            figures.put(name + ", downtime, ms", estimate(all, QemuPair.Migration::downtimeMillis));
            figures.put(
                name + ", sent, MiB", estimate(all, one -> one.transferredBytes() / (1 << 20)));
          });
    }
    return figures;
  }

  private static Estimate estimate(
      List<QemuPair.Migration> all, ToDoubleFunction<QemuPair.Migration> figure) {
    return Estimate.of(all.stream().mapToDouble(figure).toArray());
  }

  private static String[] concat(String first, String[] rest) {
    String[] all = new String[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }

  @Override
  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("runs", runs);
    object.put("moves", moves);
    object.put("round_trip_ms", delayMillis);
    List<Map<String, Object>> list = new ArrayList<>();
    scenarios.forEach(scenario -> list.add(toJson(scenario)));
    object.put("scenarios", list);
    Map<String, Object> bounds = new LinkedHashMap<>();
    Limits measured = limits;
    if (measured != null) {
      measured.found().forEach((name, estimate) -> bounds.put(name, estimate.toJson()));
    }
    object.put("limits_mib_per_s", bounds);
    object.put("ratio_with_hints", ratios());
    object.put("letter_ratio", LETTER_RATIO);
    Map<String, Object> beside = new LinkedHashMap<>();
    qemuFigures().forEach((name, figure) -> beside.put(name, figure.toJson()));
    object.put("qemu", beside);
    object.put("host", disturbance.toJson());
    return object;
  }

  private Map<String, Object> toJson(Scenario scenario) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", scenario.name());
    object.put("guest", scenario.guest());
    object.put("memory_bytes", scenario.memoryBytes());
    object.put("hints", scenario.hints());
    object.put("skip_untouched", scenario.skip());
    put(object, "first_total_time_ms", scenario, MigrationRun::first, MigrationRun::totalMillis);
    put(object, "total_time_ms", scenario, settled(), MigrationRun::totalMillis);
    put(object, "still_ms", scenario, settled(), MigrationRun::stillMillis);
    put(object, "downtime_ms", scenario, settled(), MigrationRun::downtimeMillis);
    put(object, "setup_ms", scenario, settled(), MigrationRun::setupMillis);
    put(object, "transferred_bytes", scenario, settled(), MigrationRun::transferred);
    put(object, "normal_pages", scenario, settled(), MigrationRun::normalPages);
    put(object, "zero_pages", scenario, settled(), MigrationRun::zeroPages);
    put(object, "hinted_pages", scenario, settled(), MigrationRun::hintedPages);
    put(object, "hint_wait_ms", scenario, settled(), MigrationRun::hintWaitMillis);
    put(object, "first_round_mib_per_s", scenario, settled(), MigrationRun::firstRoundRate);
    for (String part : PARTS) {
      put(object, "pause_" + part + "_ms", scenario, settled(), run -> run.part(part));
    }
    return object;
  }

  private void put(
      Map<String, Object> into,
      String name,
      Scenario scenario,
      Predicate<MigrationRun> which,
      ToDoubleFunction<MigrationRun> figure) {
    Estimate estimate = estimate(scenario, which, figure);
    if (estimate != null) {
      into.put(name, estimate.toJson());
    }
  }
}
