package aerostat.tools.bench.stats;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a figure should be, and is.
 *
 * @param name what is measured
 * @param unit empty for ratios
 * @param limit most that the figure may be
 * @param value what was measured
 */
public record Goal(String name, String unit, double limit, double value) {
  public boolean met() {
    return value <= limit;
  }

  /** One line for people. */
  public String show() {
    String behind = unit.isEmpty() ? "" : " " + unit;
    return String.format(
        Locale.ROOT,
        "%-6s  %s: %s%s, goal %s%s",
        met() ? "met" : "MISSED",
        name,
        number(value),
        behind,
        number(limit),
        behind);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.2f", value);
  }

  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", name);
    object.put("unit", unit);
    object.put("limit", limit);
    object.put("value", value);
    object.put("met", met());
    return object;
  }
}
