package aerostat.vmm.cli;

import aerostat.vmm.monitor.QmpClient;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a finished migration tells of its rounds and its pause, in lines. */
final class MigrationReport {
  private MigrationReport() {}

  /** Of a map that {@code query-migrate} answered. */
  static void print(Map<String, @Nullable Object> state, PrintStream out) {
    if (state.get("x-rounds") instanceof List<?> rounds && !rounds.isEmpty()) {
      out.println(
          "  round     dirty      sent      zero    hinted        ms    Mbit/s  forecast ms");
      int number = 1;
      for (Object round : rounds) {
        Map<String, @Nullable Object> r = QmpClient.asObject(round);
        out.printf(
            Locale.ROOT,
            "%7d %9.0f %9.0f %9.0f %9.0f %9.1f %9.0f  %11s%n",
            number++,
            decimal(r, "dirty"),
            decimal(r, "pages-sent"),
            decimal(r, "zero"),
            decimal(r, "hinted"),
            decimal(r, "ms"),
            decimal(r, "mbps"),
            r.get("forecast") == null ? "-" : r.get("forecast"));
      }
    }
    split("  time", state.get("total-time"), state.get("x-time-split"), out);
    split("  guest stood still", state.get("x-downtime"), state.get("x-downtime-split"), out);
  }

  private static void split(
      String what, @Nullable Object all, @Nullable Object parts, PrintStream out) {
    if (!(parts instanceof Map<?, ?>)) {
      return;
    }
    Map<String, @Nullable Object> split = QmpClient.asObject(parts);
    StringBuilder line = new StringBuilder(what);
    if (all instanceof Number number) {
      line.append(String.format(Locale.ROOT, " %.2f ms", number.doubleValue()));
    }
    String before = ": ";
    for (String part : split.keySet()) {
      line.append(String.format(Locale.ROOT, "%s%s %.2f", before, part, decimal(split, part)));
      before = ", ";
    }
    out.println(line);
  }

  private static double decimal(Map<String, @Nullable Object> map, String key) {
    return map.get(key) instanceof Number n ? n.doubleValue() : 0;
  }
}
