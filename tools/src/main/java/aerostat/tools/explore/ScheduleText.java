package aerostat.tools.explore;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A schedule for readers, and for programs. */
final class ScheduleText {
  private ScheduleText() {}

  /** What the columns mean. */
  static final String LEGEND =
      "L: bit in the log; B: bit in the migration's bitmap; #n: what the guest wrote last";

  /** A numbered line for each step: who, what, and how the blocks stand afterwards. */
  static String lines(List<Run.Told> told) {
    int word = told.stream().mapToInt(t -> t.step().toString().length()).max().orElse(1);
    int what = told.stream().mapToInt(t -> t.what().length()).max().orElse(1);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < told.size(); i++) {
      Run.Told t = told.get(i);
      String line = "%3d  %-9s  %-" + word + "s  %-" + what + "s  %s";
      text.append(
              line.formatted(
                      i + 1, t.step().kind().actor.word, t.step(), t.what(), t.sight().strip())
                  .stripTrailing())
          .append('\n');
    }
    return text.toString();
  }

  static List<Object> json(List<Run.Told> told) {
    List<Object> steps = new ArrayList<>();
    for (Run.Told t : told) {
      Map<String, @Nullable Object> step = new LinkedHashMap<>();
      step.put("actor", t.step().kind().actor.word);
      step.put("step", t.step().toString());
      step.put("what", t.what());
      step.put("blocks", t.sight().strip());
      steps.add(step);
    }
    return steps;
  }
}
