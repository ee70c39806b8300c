package aerostat.vmm.migration.control;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where a migration's time goes: it is in one part at any moment, so the parts add up to all of it.
 * Times in ns.
 */
final class TimeAccount {
  private final Map<String, Long> parts = new LinkedHashMap<>();
  private String part = "";
  private long since;

  TimeAccount(long begin) {
    since = begin;
  }

  /** From now on, or from the begin for the first, the time is this part's; one may come again. */
  void enter(String next, long now) {
    count(now);
    part = next;
  }

  /** Adds {@code x-time-split}, in ms, as of now. */
  void addTo(Map<String, Object> map, long now) {
    count(now);
    if (parts.isEmpty()) {
      return;
    }
    Map<String, Object> split = new LinkedHashMap<>();
    parts.forEach((name, nanos) -> split.put(name, nanos / 1e6));
    map.put("x-time-split", split);
  }

  private void count(long now) {
    // Who asks after the end is told what was then.
    if (!part.isEmpty()) {
      parts.merge(part, Math.max(0, now - since), Long::sum);
      since = Math.max(since, now);
    }
  }
}
