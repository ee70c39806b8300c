package aerostat.tools.bench.stats;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A goal of the project beside what was measured. It is met when the bound of the figure is on its
 * side, not only the figure itself.
 *
 * @param name what is measured
 * @param unit empty for ratios
 * @param atMost whether the figure may be at most the limit; otherwise at least
 * @param found null: not measured
 * @param note how it was measured, or why not; may be empty
 */
public record Verdict(
    String name, String unit, boolean atMost, double limit, @Nullable Estimate found, String note) {

  /** The figure should be this or less. */
  public static Verdict atMost(String name, String unit, double limit, Estimate found) {
    return new Verdict(name, unit, true, limit, found, "");
  }

  /** The figure should be this or more. */
  public static Verdict atLeast(String name, String unit, double limit, Estimate found) {
    return new Verdict(name, unit, false, limit, found, "");
  }

  /** A goal that this run says nothing about. */
  public static Verdict notMeasured(String name, String unit, double limit, String why) {
    return new Verdict(name, unit, true, limit, null, why);
  }

  public Verdict noted(String text) {
    return new Verdict(name, unit, atMost, limit, found, text);
  }

  /** Whether the whole bound lies on the goal's side. */
  public boolean met() {
    return found != null && (atMost ? found.high() <= limit : found.low() >= limit);
  }

  /** The heading of {@link #addTo}'s rows. */
  public static TextTable table() {
    return new TextTable().row("goal", "should be", "is, with 95 % bound", "runs", "");
  }

  /** A row for people. */
  public void addTo(TextTable table) {
    String behind = unit.isEmpty() ? "" : " " + unit;
    String goal = (atMost ? "<= " : ">= ") + number(limit) + behind;
    if (found == null) {
      table.row(name, goal, "-", "0", "not measured");
      return;
    }
    table.row(
        name,
        goal,
        number(found.median())
            + " ["
            + number(found.low())
            + ", "
            + number(found.high())
            + "]"
            + behind,
        Integer.toString(found.runs()),
        met() ? "met" : "MISSED");
  }

  private static String number(double value) {
    double size = Math.abs(value);
    String format = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 2 ? "%.2f" : "%.3f";
    return String.format(Locale.ROOT, format, value);
  }

  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("goal", name);
    object.put("unit", unit);
    object.put(atMost ? "at_most" : "at_least", limit);
    if (found != null) {
      object.put("found", found.toJson());
    }
    object.put("result", found == null ? "not measured" : met() ? "met" : "missed");
    if (!note.isEmpty()) {
      object.put("note", note);
    }
    return object;
  }
}
