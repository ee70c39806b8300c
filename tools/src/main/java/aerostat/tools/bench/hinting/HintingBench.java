package aerostat.tools.bench.hinting;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.bench.stats.TextTable;
import aerostat.tools.child.ChildFailure;
import aerostat.vmm.cli.Size;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** Migrations of two guests with each variant in turn, and the ping-pong. */
final class HintingBench implements Report {
  private final long memory;
  private final int runs;
  private final List<Variant> variants;
  private final long operations;
  private final Consumer<String> progress;
  private final Disturbance disturbance = new Disturbance();
  private final Map<Variant, List<VariantRun>> idle = new EnumMap<>(Variant.class);
  private final Map<Variant, List<VariantRun>> freed = new EnumMap<>(Variant.class);
  private final Map<Variant, List<VariantRun>> stalls = new EnumMap<>(Variant.class);
  private final Map<PingPong.Way, List<PingPong>> pingPong = new EnumMap<>(PingPong.Way.class);

  /**
   * @param memory of each guest, bytes
   * @param operations of churn in the ping-pong; 0 leaves it out
   */
  HintingBench(
      long memory, int runs, List<Variant> variants, long operations, Consumer<String> progress) {
    this.memory = memory;
    this.runs = runs;
    this.variants = variants;
    this.operations = operations;
    this.progress = progress;
  }

  void run() throws IOException, ChildFailure {
    for (int i = 1; i <= runs; i++) {
      // In turn, so that a slow drift of the host favours none.
      for (Variant variant : variants) {
        keep(i, variant, "idle", idle, 0, false);
        keep(i, variant, "half freed", freed, memory / 2, false);
        keep(i, variant, "half freed, allocating", stalls, memory / 2, true);
      }
      if (operations > 0) {
        for (PingPong.Way way : PingPong.Way.values()) {
          PingPong one = disturbance.measureProcesses(() -> PingPong.once(way, memory, operations));
          pingPong.computeIfAbsent(way, w -> new ArrayList<>()).add(one);
          progress.accept(
              String.format(Locale.ROOT, "churn, %s: %.1f s", way.title, one.seconds()));
        }
      }
    }
  }

  private void keep(
      int number,
      Variant variant,
      String guest,
      Map<Variant, List<VariantRun>> into,
      long touched,
      boolean allocates)
      throws IOException, ChildFailure {
    VariantRun run =
        disturbance.measureProcesses(() -> VariantRun.once(variant, memory, touched, allocates));
    into.computeIfAbsent(variant, v -> new ArrayList<>()).add(run);
    progress.accept(
        String.format(
            Locale.ROOT,
            "run %d of %d, %s, %s guest: %.0f ms, %s sent",
            number,
            runs,
            variant.title(),
            guest,
            run.millis(),
            Size.show((long) run.transferred())));
  }

  private static Estimate estimate(List<VariantRun> runs, ToDoubleFunction<VariantRun> figure) {
    return Estimate.of(runs.stream().mapToDouble(figure).toArray());
  }

  @Override
  public String toTable() {
    StringBuilder text = new StringBuilder();
    table(text, "an idle guest of " + Size.show(memory), idle);
    table(text, "one that wrote half of it and freed that", freed);
    stalls(text);
    if (!pingPong.isEmpty()) {
      TextTable table =
          new TextTable()
              .row("churn of " + operations + " by 4 threads", "s", "migrations", "pages hinted");
      pingPong.forEach(
          (way, all) ->
              table.row(
                  way.title,
                  of(all, PingPong::seconds).show(1),
                  of(all, PingPong::migrations).show(0),
                  of(all, PingPong::pagesHinted).show(0)));
      text.append(table).append(System.lineSeparator());
    }
    return text.append(String.format(Locale.ROOT, "%d runs, %s%n", runs, disturbance.show()))
        .toString();
  }

  private static Estimate of(List<PingPong> runs, ToDoubleFunction<PingPong> figure) {
    return Estimate.of(runs.stream().mapToDouble(figure).toArray());
  }

  private void stalls(StringBuilder text) {
    TextTable table =
        new TextTable()
            .row("a page each ms meanwhile", "late, p99 us", "longest us", "zone lock held, us");
    stalls.forEach(
        (variant, all) ->
            table.row(
                variant.title(),
                estimate(all, r -> r.stalls().p99Micros()).show(0),
                estimate(all, r -> r.stalls().longestMicros()).show(0),
                estimate(all, r -> r.stalls().lockMicros()).show(0)));
    text.append(table).append(System.lineSeparator());
  }

  private static void table(
      StringBuilder text, String title, Map<Variant, List<VariantRun>> guests) {
    TextTable table = new TextTable().row(title, "ms", "CPU ms", "MiB", "rounds", "pages hinted");
    guests.forEach(
        (variant, all) ->
            table.row(
                variant.title(),
                estimate(all, VariantRun::millis).show(0),
                estimate(all, VariantRun::processorMillis).show(0),
                estimate(all, r -> r.transferred() / (1 << 20)).show(1),
                estimate(all, VariantRun::rounds).show(0),
                estimate(all, VariantRun::hinted).show(0)));
    text.append(table).append(System.lineSeparator());
  }

  @Override
  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("memory_bytes", memory);
    object.put("runs", runs);
    object.put("idle", toJson(idle));
    object.put("half_freed", toJson(freed));
    object.put("stalls", stallsJson());
    Map<String, Object> ways = new LinkedHashMap<>();
    pingPong.forEach(
        (way, all) -> {
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("seconds", of(all, PingPong::seconds).toJson());
          one.put("migrations", of(all, PingPong::migrations).toJson());
          one.put("pages_hinted", of(all, PingPong::pagesHinted).toJson());
          ways.put(way.name().toLowerCase(Locale.ROOT), one);
        });
    object.put("ping_pong", ways);
    object.put("host", disturbance.toJson());
    return object;
  }

  private Map<String, Object> stallsJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    stalls.forEach(
        (variant, all) -> {
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("late_p99_us", estimate(all, r -> r.stalls().p99Micros()).toJson());
          one.put("longest_us", estimate(all, r -> r.stalls().longestMicros()).toJson());
          one.put("zone_lock_us", estimate(all, r -> r.stalls().lockMicros()).toJson());
          object.put(variant.title(), one);
        });
    return object;
  }

  private static Map<String, Object> toJson(Map<Variant, List<VariantRun>> guests) {
    Map<String, Object> object = new LinkedHashMap<>();
    guests.forEach(
        (variant, all) -> {
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("total_time_ms", estimate(all, VariantRun::millis).toJson());
          one.put("processor_ms", estimate(all, VariantRun::processorMillis).toJson());
          one.put("transferred_bytes", estimate(all, VariantRun::transferred).toJson());
          one.put("rounds", estimate(all, VariantRun::rounds).toJson());
          one.put("hinted_pages", estimate(all, VariantRun::hinted).toJson());
          object.put(variant.title(), one);
        });
    return object;
  }
}
