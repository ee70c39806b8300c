package aerostat.tools.bench.migration.goals;

import aerostat.tools.bench.migration.Limits;
import aerostat.tools.bench.migration.MigrationBench;
import aerostat.tools.bench.migration.MigrationRun;
import aerostat.tools.bench.migration.QemuPair;
import aerostat.tools.bench.migration.Scenario;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Verdict;
import aerostat.tools.child.ChildFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/** Guests that do nothing: idle, lean, and one that used half of its memory and freed it. */
final class IdleGoals implements GoalGroup.Measurement {
  private static final double MIB = 1 << 20;
  private static final double WARM_MILLIS = 15;
  private static final double FIRST_MILLIS = 100;

  private final GoalContext context;
  private final GoalSettings settings;
  private final List<Scenario> scenarios;
  private final MigrationBench bench;

  IdleGoals(GoalContext context) {
    this.context = context;
    this.settings = context.settings();
    this.scenarios =
        Scenario.matrix(settings.memoryBytes(), settings.residentBytes(), false).stream()
            .filter(scenario -> !scenario.guest().startsWith("dirty"))
            .toList();
    this.bench =
        new MigrationBench(
                scenarios,
                settings.runs(),
                settings.moves(),
                settings.delayMillis(),
                context.progress(),
                context.disturbance())
            .beside(settings.qemu());
  }

  /** A figure of one migration that may need what the host allowed just before. */
  private interface Figure {
    /**
     * @param round of the limits' samples
     */
    double of(MigrationRun run, Limits limits, int round);
  }

  @Override
  public List<Verdict> measure() throws IOException, ChildFailure {
    bench.run();
    Scenario off = scenario("idle", false, false);
    Scenario on = scenario("idle", true, false);
    Scenario skipped = scenario("idle", false, true);
    List<Verdict> verdicts = new ArrayList<>(besideQemu(off, skipped));
    verdicts.add(
        Verdict.atMost(
            "idle, no hints, skip off: time / (RAM / scan + bytes / raw loopback)",
            "",
            1.25,
            estimate(off, this::settled, (r, l, i) -> r.totalMillis() / ownLimit(off, r, l, i))));
    verdicts.add(withHints("again", on, this::settled, WARM_MILLIS));
    verdicts.add(
        withHints("first of its processes", on, MigrationRun::first, WARM_MILLIS + FIRST_MILLIS));
    verdicts.add(
        Verdict.atMost(
            "idle, with hints: bytes / (1.05 x non-free + 16 MiB)",
            "",
            1,
            estimate(
                on,
                run -> true,
                (r, l, i) ->
                    r.transferred() / (1.05 * (on.memoryBytes() - r.freeBytes()) + 16 * MIB))));
    verdicts.add(ratio("idle", 0.14, "the letter: 0.14"));
    verdicts.add(ratio("lean", 0.04, ""));
    verdicts.add(ratio("freed", 0.05, "half of its memory used and freed"));
    verdicts.add(
        Verdict.atLeast(
            "non-zero pages / raw loopback",
            "",
            0.9,
            estimate(
                skipped, this::settled, (r, l, i) -> r.firstRoundRate() / l.rate(Limits.RAW, i))));
    Limits limits = Objects.requireNonNull(bench.limits());
    verdicts.add(
        Verdict.atLeast(
                "scan for zero pages / sum of longs, untouched memory",
                "",
                0.9,
                limits.ratio(Limits.SCAN, Limits.SUM))
            .noted("no incubator module"));
    verdicts.add(
        Verdict.atLeast(
                "scan for zero pages / sum of longs, zeros in memory",
                "",
                0.9,
                limits.ratio(Limits.SCAN_HELD, Limits.SUM_HELD))
            .noted("no incubator module"));
    return verdicts;
  }

  private List<Verdict> besideQemu(Scenario off, Scenario skipped) {
    String name = "idle, no hints, skip off / QEMU";
    String skipName = "idle, no hints, skip on / QEMU";
    QemuPair.Setup setup = settings.qemu();
    if (setup == null) {
      return List.of(
          Verdict.notMeasured(name, "", 0.6, "--qemu"),
          Verdict.notMeasured(skipName, "", 0.15, "--qemu"));
    }
    List<QemuPair.Migration> all = bench.qemus(false);
    double median =
        Estimate.of(all.stream().mapToDouble(QemuPair.Migration::totalMillis).toArray()).median();
    String note = QemuPair.describe(setup) + ", " + Math.round(median) + " ms";
    Figure figure = (r, l, i) -> r.totalMillis() / all.get(i).totalMillis();
    return List.of(
        Verdict.atMost(name, "", 0.6, estimate(off, this::settled, figure)).noted(note),
        Verdict.atMost(skipName, "", 0.15, estimate(skipped, this::settled, figure)).noted(note));
  }

  private static double ownLimit(Scenario scenario, MigrationRun run, Limits limits, int round) {
    return 1000
        * (scenario.memoryBytes() / MIB / limits.rate(Limits.SCAN, round)
            + run.transferred() / MIB / limits.rate(Limits.RAW, round));
  }

  private Verdict withHints(
      String which, Scenario on, Predicate<MigrationRun> runs, double moreMillis) {
    return Verdict.atMost(
        "idle, with hints, %s: time / (bytes / 0.9 raw + %.0f ms)".formatted(which, moreMillis),
        "",
        1,
        estimate(
            on,
            runs,
            (r, l, i) ->
                r.totalMillis()
                    / (1000 * r.transferred() / MIB / (0.9 * l.rate(Limits.RAW, i)) + moreMillis)));
  }

  private Verdict ratio(String guest, double limit, String note) {
    List<MigrationRun> with = settled(scenario(guest, true, false));
    List<MigrationRun> without = settled(scenario(guest, false, false));
    double[] ratios = new double[Math.min(with.size(), without.size())];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = with.get(i).totalMillis() / Math.max(1, without.get(i).totalMillis());
    }
    return Verdict.atMost(
            guest + ", skip off: time with hints / without", "", limit, Estimate.of(ratios))
        .noted(note);
  }

  private List<MigrationRun> settled(Scenario scenario) {
    return bench.found(scenario).stream().filter(this::settled).toList();
  }

  private boolean settled(MigrationRun run) {
    return settings.moves() == 1 || !run.first();
  }

  private Estimate estimate(Scenario scenario, Predicate<MigrationRun> which, Figure figure) {
    Limits limits = Objects.requireNonNull(bench.limits());
    List<MigrationRun> all = bench.found(scenario);
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (which.test(all.get(i))) {
        values.add(figure.of(all.get(i), limits, i / settings.moves()));
      }
    }
    return Estimate.of(values);
  }

  private Scenario scenario(String guest, boolean hints, boolean skip) {
    return scenarios.stream()
        .filter(s -> s.guest().equals(guest) && s.hints() == hints && s.skip() == skip)
        .findFirst()
        .orElseThrow();
  }
}
