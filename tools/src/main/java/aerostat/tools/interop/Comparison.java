package aerostat.tools.interop;

import com.github.difflib.DiffUtils;
import com.github.difflib.patch.AbstractDelta;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One step, theirs and ours.
 *
 * @param step its name
 * @param theirs how many acts the recording has
 * @param ours how many we have
 * @param edits what must be done to theirs to get ours: {@code - act}, {@code + act}
 */
record Comparison(String step, int theirs, int ours, List<String> edits) {
  static Comparison of(String step, List<String> theirs, List<String> ours) {
    List<String> edits = new ArrayList<>();
    for (AbstractDelta<String> delta : DiffUtils.diff(theirs, ours).getDeltas()) {
      delta.getSource().getLines().forEach(line -> edits.add("- " + line));
      delta.getTarget().getLines().forEach(line -> edits.add("+ " + line));
    }
    return new Comparison(step, theirs.size(), ours.size(), edits);
  }

  /** Every step of theirs, with our guest taken through it. */
  static List<Comparison> all(Recording theirs) {
    Recording ours = OurGuest.follow(theirs);
    List<Comparison> all = new ArrayList<>();
    for (String step : theirs.steps().keySet()) {
      all.add(of(step, Steps.of(step, theirs), Steps.of(step, ours)));
    }
    return all;
  }

  /** Whether nothing differs but what is declared. */
  boolean agrees() {
    return undeclared().isEmpty();
  }

  List<String> undeclared() {
    return edits.stream().filter(edit -> Departure.of(edit) == null).toList();
  }

  /** In words, a line for the step and one for each difference. */
  String report() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%-50s %4d acts, ours %4d: %s%n",
            step,
            theirs,
            ours,
            edits.isEmpty() ? "the same" : agrees() ? "departs as declared" : "DIFFERS"));
    for (String edit : edits) {
      Departure departure = Departure.of(edit);
      text.append("    ").append(edit);
      text.append(departure == null ? "" : "   (" + departure.reason() + ")");
      text.append(System.lineSeparator());
    }
    return text.toString();
  }
}
