package aerostat.tools.demo;

import aerostat.vmm.cli.Size;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The demo's figures, as a table for people and as one JSON object for programs. */
final class Report {
  /** One migration as {@code query-migrate} tells it. */
  record Move(
      String route,
      boolean hints,
      String status,
      long totalMillis,
      long downtimeMillis,
      long rounds,
      long transferred,
      long skippedPages) {
    Map<String, Object> toJson() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("hints", hints);
      object.put("status", status);
      object.put("total_time_ms", totalMillis);
      object.put("downtime_ms", downtimeMillis);
      object.put("rounds", rounds);
      object.put("transferred_bytes", transferred);
      object.put("skipped_pages", skippedPages);
      return object;
    }
  }

  private final List<Move> moves = new ArrayList<>();
  private boolean ok;
  private long verified;
  private long lost;
  private long residentBefore;
  private long residentAfter;

  void balloon(long before, long after) {
    residentBefore = before;
    residentAfter = after;
  }

  void move(Move move) {
    moves.add(move);
  }

  void records(long verifiedRecords, long lostUpdates) {
    verified = verifiedRecords;
    lost = lostUpdates;
  }

  void succeeded() {
    ok = true;
  }

  boolean ok() {
    return ok;
  }

  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("ok", ok);
    object.put("records_verified", verified);
    object.put("lost_updates", lost);
    object.put("resident_before_inflate_bytes", residentBefore);
    object.put("resident_after_inflate_bytes", residentAfter);
    object.put("migrations", moves.stream().map(Move::toJson).toList());
    return object;
  }

  String toTable() {
    StringBuilder table = new StringBuilder();
    row(table, "move", "hints", "status", "time", "rounds", "downtime", "sent", "skipped pages");
    for (Move m : moves) {
      row(
          table,
          m.route(),
          m.hints() ? "on" : "off",
          m.status(),
          m.totalMillis() + " ms",
          Long.toString(m.rounds()),
          m.downtimeMillis() + " ms",
          Size.show(m.transferred()),
          Long.toString(m.skippedPages()));
    }
    table.append(
        String.format(
            Locale.ROOT,
            "%nresident memory  %s before inflating, %s after%n",
            Size.show(residentBefore),
            Size.show(residentAfter)));
    table.append(String.format(Locale.ROOT, "records verified %d%n", verified));
    table.append(String.format(Locale.ROOT, "lost updates     %d%n", lost));
    return table.toString();
  }

  private static void row(StringBuilder table, Object... cells) {
    String line = String.format(Locale.ROOT, "%-8s %-6s %-10s %9s %7s %9s %10s %14s", cells);
    table.append(line.stripTrailing()).append(System.lineSeparator());
  }
}
