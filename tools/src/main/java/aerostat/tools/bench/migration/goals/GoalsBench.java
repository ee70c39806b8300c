package aerostat.tools.bench.migration.goals;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Report;
import aerostat.tools.bench.stats.TextTable;
import aerostat.tools.bench.stats.Verdict;
import aerostat.tools.child.ChildFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Goals, one group after the other, and whether each is met. */
public final class GoalsBench implements Report {
  private final GoalContext context;
  private final List<Verdict> verdicts = new ArrayList<>();

  public GoalsBench(GoalSettings settings, Consumer<String> progress) {
    this.context = new GoalContext(settings, new Disturbance(), progress);
  }

  /** The names of all groups. */
  public static List<String> names() {
    return List.of(GoalGroup.values()).stream().map(GoalGroup::word).toList();
  }

  /**
   * Measures.
   *
   * @param names of groups; empty: all
   */
  public GoalsBench run(Set<String> names) throws IOException, ChildFailure {
    for (GoalGroup group : EnumSet.allOf(GoalGroup.class)) {
      if (names.isEmpty() || names.contains(group.word())) {
        List<Verdict> found = group.of(context).measure();
        found.forEach(verdict -> context.tell("%s", line(verdict)));
        verdicts.addAll(found);
      }
    }
    return this;
  }

  private static String line(Verdict verdict) {
    TextTable table = new TextTable();
    verdict.addTo(table);
    return table.toString().strip();
  }

  @Override
  public String toTable() {
    TextTable table = Verdict.table();
    verdicts.forEach(verdict -> verdict.addTo(table));
    StringBuilder text = new StringBuilder(table.toString()).append(System.lineSeparator());
    for (Verdict verdict : verdicts) {
      if (!verdict.note().isEmpty()) {
        text.append(verdict.name()).append(": ").append(verdict.note());
        text.append(System.lineSeparator());
      }
    }
    text.append(System.lineSeparator()).append(context.disturbance().show());
    return text.append(System.lineSeparator()).toString();
  }

  @Override
  public Map<String, Object> toJson() {
    GoalSettings settings = context.settings();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("memory_bytes", settings.memoryBytes());
    object.put("resident_bytes", settings.residentBytes());
    object.put("runs", settings.runs());
    object.put("moves", settings.moves());
    object.put("round_trip_ms", settings.delayMillis());
    object.put("goals", verdicts.stream().map(Verdict::toJson).toList());
    object.put("host", context.disturbance().toJson());
    return object;
  }
}
