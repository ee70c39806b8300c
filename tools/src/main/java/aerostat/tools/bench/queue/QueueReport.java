package aerostat.tools.bench.queue;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.bench.stats.TextTable;
import aerostat.tools.bench.stats.Verdict;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The figures of {@code aerostat bench queue}. A ratio is taken within a round, then its median.
 */
final class QueueReport implements Report {
  private static final double GOAL = 1.3;
  private static final double STRETCH = 1.0;

  private final Map<QueueCase, List<Pair>> rounds = new EnumMap<>(QueueCase.class);
  private final Disturbance disturbance;

  /**
   * A case and its counterpart, measured after each other, in ns a buffer.
   *
   * @param ringtest NaN without, or if it did not end
   */
  record Pair(double ours, double ringtest) {
    boolean compared() {
      return !Double.isNaN(ringtest);
    }

    double ratio() {
      return ours / ringtest;
    }

    @Override
    public String toString() {
      return compared()
          ? String.format(Locale.ROOT, "%.0f ns, ringtest %.0f ns", ours, ringtest)
          : String.format(Locale.ROOT, "%.0f ns", ours);
    }
  }

  QueueReport(List<QueueCase> cases, Disturbance disturbance) {
    cases.forEach(what -> rounds.put(what, new ArrayList<>()));
    this.disturbance = disturbance;
  }

  void add(QueueCase what, Pair pair) {
    rounds.computeIfAbsent(what, c -> new ArrayList<>()).add(pair);
  }

  private static Estimate ours(List<Pair> pairs) {
    return Estimate.of(pairs.stream().map(Pair::ours).toList());
  }

  private static boolean compared(List<Pair> pairs) {
    return pairs.stream().anyMatch(Pair::compared);
  }

  private static Estimate ringtest(List<Pair> pairs) {
    return Estimate.of(pairs.stream().filter(Pair::compared).map(Pair::ringtest).toList());
  }

  private static Estimate ratio(List<Pair> pairs) {
    return Estimate.of(pairs.stream().filter(Pair::compared).map(Pair::ratio).toList());
  }

  List<Verdict> goals() {
    List<Verdict> goals = new ArrayList<>();
    for (QueueCase what : List.of(QueueCase.SPLIT, QueueCase.SPLIT_STREAM)) {
      List<Pair> pairs = rounds.getOrDefault(what, List.of());
      if (compared(pairs)) {
        String name = what.title() + " / " + Ringtest.counterpart(what);
        goals.add(Verdict.atMost(name, "", GOAL, ratio(pairs)));
        goals.add(Verdict.atMost(name + ", stretch", "", STRETCH, ratio(pairs)));
      }
    }
    return goals;
  }

  @Override
  public String toTable() {
    TextTable table =
        new TextTable().row("ns a buffer, median [95 % bound]", "ours", "ringtest", "ratio");
    rounds.forEach(
        (what, pairs) ->
            table.row(
                what.title(),
                ours(pairs).show(0),
                compared(pairs) ? ringtest(pairs).show(0) : "",
                compared(pairs) ? ratio(pairs).show(2) : ""));
    StringBuilder text = new StringBuilder(table.toString());
    text.append(System.lineSeparator());
    TextTable goals = Verdict.table();
    goals().forEach(goal -> goal.addTo(goals));
    text.append(goals).append(System.lineSeparator());
    int count = rounds.values().stream().mapToInt(List::size).max().orElse(0);
    text.append(count).append(" rounds, ").append(disturbance.show());
    return text.append(System.lineSeparator()).toString();
  }

  @Override
  public Map<String, Object> toJson() {
    Map<String, Object> cases = new LinkedHashMap<>();
    rounds.forEach(
        (what, pairs) -> {
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("ns", ours(pairs).toJson());
          if (compared(pairs)) {
            one.put("ringtest", Ringtest.counterpart(what));
            one.put("ringtest_ns", ringtest(pairs).toJson());
            one.put("ratio", ratio(pairs).toJson());
          }
          cases.put(what.name().toLowerCase(Locale.ROOT), one);
        });
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("cases", cases);
    object.put("goals", goals().stream().map(Verdict::toJson).toList());
    object.put("host", disturbance.toJson());
    return object;
  }
}
