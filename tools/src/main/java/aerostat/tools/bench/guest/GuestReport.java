package aerostat.tools.bench.guest;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Estimate;
import aerostat.tools.bench.stats.Goal;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.bench.stats.TextTable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The figures of {@code aerostat bench guest}. A ratio is taken within a round, then its median.
 */
final class GuestReport implements Report {
  private static final double MEAN_GOAL = 1.25;
  private static final double WORST_GOAL = 1.6;
  private static final double STOP_GOAL_NANOS = 500;
  private static final double PAUSE_GOAL_MICROS = 100;
  private static final double PAUSE_P99_GOAL_MICROS = 5000;

  private final List<Form> forms;
  private final Disturbance disturbance;

  /** By function, a map from form to ns an operation for each round. */
  private final Map<GuestFunction, List<Map<Form, Double>>> rounds =
      new EnumMap<>(GuestFunction.class);

  private final List<Double> stops = new ArrayList<>();
  private final List<PauseLatency> pauses = new ArrayList<>();

  GuestReport(List<Form> forms, Disturbance disturbance) {
    this.forms = forms;
    this.disturbance = disturbance;
  }

  void add(GuestFunction function, Map<Form, Double> nanos) {
    rounds.computeIfAbsent(function, f -> new ArrayList<>()).add(nanos);
  }

  void addStop(double nanos) {
    stops.add(nanos);
  }

  void add(PauseLatency latency) {
    pauses.add(latency);
  }

  private Estimate time(GuestFunction function, Form form) {
    return Estimate.of(values(function).stream().map(r -> r.getOrDefault(form, 0.0)).toList());
  }

  /** How much slower one form of a function is than another. */
  Estimate ratio(GuestFunction function, Form form, Form base) {
    return Estimate.of(values(function).stream().map(r -> ratio(r, form, base)).toList());
  }

  private List<Map<Form, Double>> values(GuestFunction function) {
    return rounds.getOrDefault(function, List.of());
  }

  private static double ratio(Map<Form, Double> round, Form form, Form base) {
    return round.getOrDefault(form, 1.0) / round.getOrDefault(base, 1.0);
  }

  /** Geometric mean over the functions, in each round, then the median of the rounds. */
  Estimate mean(Form form, Form base) {
    int count = rounds.values().stream().mapToInt(List::size).min().orElse(0);
    double[] means = new double[count];
    for (int i = 0; i < count; i++) {
      int round = i;
      means[i] =
          Estimate.geometricMean(
              rounds.values().stream().mapToDouble(v -> ratio(v.get(round), form, base)).toArray());
    }
    return Estimate.of(means);
  }

  private boolean has(Form... wanted) {
    return forms.containsAll(List.of(wanted));
  }

  List<Goal> goals() {
    List<Goal> goals = new ArrayList<>();
    for (Form form : List.of(Form.VMM, Form.STOPPED)) {
      if (has(form, Form.ERASED)) {
        String name = form.title() + " / erased";
        goals.add(
            new Goal(name + ", geometric mean", "", MEAN_GOAL, mean(form, Form.ERASED).median()));
        goals.add(new Goal(name + ", worst function", "", WORST_GOAL, worst(form)));
      }
    }
    if (has(Form.VMM, Form.PLAIN)) {
      goals.add(
          new Goal(
              "VMM / plain Java, geometric mean", "", 1.0, mean(Form.VMM, Form.PLAIN).median()));
    }
    if (!stops.isEmpty()) {
      goals.add(
          new Goal(
              "stop and resume of ten frames", "ns", STOP_GOAL_NANOS, Estimate.of(stops).median()));
    }
    for (PauseLatency p : pauses) {
      String name = "pause of '" + p.guest() + "', ";
      goals.add(new Goal(name + "median", "µs", PAUSE_GOAL_MICROS, p.quantile(0.5)));
      goals.add(new Goal(name + "p99", "µs", PAUSE_P99_GOAL_MICROS, p.quantile(0.99)));
    }
    return goals;
  }

  private double worst(Form form) {
    return rounds.keySet().stream()
        .mapToDouble(f -> ratio(f, form, Form.ERASED).median())
        .max()
        .orElseThrow();
  }

  private List<Form[]> ratios() {
    List<Form[]> pairs = new ArrayList<>();
    for (Form form : forms) {
      if (form != Form.ERASED && form != Form.PLAIN && has(Form.ERASED)) {
        pairs.add(new Form[] {form, Form.ERASED});
      }
    }
    if (has(Form.VMM, Form.PLAIN)) {
      pairs.add(new Form[] {Form.VMM, Form.PLAIN});
    }
    return pairs;
  }

  @Override
  public String toTable() {
    StringBuilder text = new StringBuilder();
    TextTable times = new TextTable();
    List<String> head = new ArrayList<>(List.of("ns, median of the rounds", "per"));
    forms.forEach(form -> head.add(form.title()));
    times.row(head.toArray(String[]::new));
    for (GuestFunction function : rounds.keySet()) {
      List<String> row = new ArrayList<>(List.of(function.title(), function.operation()));
      for (Form form : forms) {
        row.add(String.format(Locale.ROOT, "%.2f", time(function, form).median()));
      }
      times.row(row.toArray(String[]::new));
    }
    text.append(times).append(System.lineSeparator());

    TextTable ratios = new TextTable();
    List<String> names = new ArrayList<>(List.of("ratio, median [95 % bound]"));
    ratios().forEach(pair -> names.add(pair[0].title() + " / " + pair[1].title()));
    ratios.row(names.toArray(String[]::new));
    for (GuestFunction function : rounds.keySet()) {
      List<String> row = new ArrayList<>(List.of(function.title()));
      ratios().forEach(pair -> row.add(ratio(function, pair[0], pair[1]).show(2)));
      ratios.row(row.toArray(String[]::new));
    }
    if (!rounds.isEmpty()) {
      List<String> row = new ArrayList<>(List.of("geometric mean"));
      ratios().forEach(pair -> row.add(mean(pair[0], pair[1]).show(2)));
      ratios.row(row.toArray(String[]::new));
    }
    text.append(ratios).append(System.lineSeparator());

    if (!stops.isEmpty()) {
      text.append("stop and resume of ten frames: ")
          .append(Estimate.of(stops).show(0))
          .append(" ns")
          .append(System.lineSeparator());
    }
    for (PauseLatency p : pauses) {
      text.append(
          String.format(
              Locale.ROOT,
              "pause of '%s', %d times: median %.1f µs, p99 %.1f µs, longest %.1f µs%n",
              p.guest(),
              p.pauses(),
              p.quantile(0.5),
              p.quantile(0.99),
              p.quantile(1)));
    }
    text.append(System.lineSeparator());
    goals().forEach(goal -> text.append(goal.show()).append(System.lineSeparator()));
    text.append(disturbance.show()).append(System.lineSeparator());
    return text.toString();
  }

  @Override
  public Map<String, Object> toJson() {
    Map<String, Object> functions = new LinkedHashMap<>();
    for (GuestFunction function : rounds.keySet()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("per", function.operation());
      for (Form form : forms) {
        one.put("ns_" + key(form), time(function, form).toJson());
      }
      for (Form[] pair : ratios()) {
        one.put(key(pair[0]) + "_over_" + key(pair[1]), ratio(function, pair[0], pair[1]).toJson());
      }
      functions.put(key(function), one);
    }
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("functions", functions);
    Map<String, Object> means = new LinkedHashMap<>();
    if (!rounds.isEmpty()) {
      ratios()
          .forEach(
              pair ->
                  means.put(
                      key(pair[0]) + "_over_" + key(pair[1]), mean(pair[0], pair[1]).toJson()));
    }
    object.put("geometric_means", means);
    if (!stops.isEmpty()) {
      object.put("stop_and_resume_ns", Estimate.of(stops).toJson());
    }
    object.put("pauses", pauses.stream().map(PauseLatency::toJson).toList());
    object.put("goals", goals().stream().map(Goal::toJson).toList());
    object.put("host", disturbance.toJson());
    return object;
  }

  private static String key(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
