package aerostat.tools.bench.balloon;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Free page reporting of touched memory, from the first pass to the last.
 *
 * @param millis from the guest's free until nothing more is reported
 * @param passes in which something was reported
 * @param reportedPages in the end
 * @param residentTouched bytes of RAM in host memory before the first pass
 * @param residentReported likewise, after the last
 * @param residentUntouched likewise, of a guest of this size that has touched nothing
 */
record Reporting(
    double millis,
    int passes,
    long reportedPages,
    long residentTouched,
    long residentReported,
    long residentUntouched) {
  /** A pass comes 2 s after the one before; within one, reports are much closer. */
  private static final double BETWEEN_PASSES_MILLIS = 1000;

  private static final double QUIET_MILLIS = 5000;
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Duration LOOK = Duration.ofMillis(20);
  private static final String ON = "free-page-hint=off,free-page-reporting=on";

  /** Pages of the largest block, order 10, and blocks in one report (REPORT-17). */
  private static final long BLOCK_PAGES = 1024;

  private static final long CAPACITY = 32;

  static Reporting once(long size) throws IOException, ChildFailure {
    long untouched;
    try (TouchedGuest guest = TouchedGuest.boot(0, size, "free-page-hint=off")) {
      untouched = guest.pages("resident-bytes");
    }
    try (TouchedGuest guest = TouchedGuest.boot(size, size, ON)) {
      return watch(guest, untouched);
    }
  }

  private static Reporting watch(TouchedGuest guest, long untouched) throws ChildFailure {
    long resident = guest.pages("resident-bytes");
    long begin = System.nanoTime();
    double lastChange = 0;
    int passes = 0;
    long reported = 0;
    Patience patience = new Patience(LIMIT);
    while (true) {
      double now = (System.nanoTime() - begin) / 1e6;
      long found = guest.pages("reported");
      if (found > reported) {
        passes += passes == 0 || now - lastChange > BETWEEN_PASSES_MILLIS ? 1 : 0;
        reported = found;
        lastChange = now;
      } else if (now - lastChange > QUIET_MILLIS) {
        break;
      }
      if (!patience.wait(LOOK)) {
        throw new ChildFailure("free page reporting does not come to an end");
      }
    }
    if (reported == 0) {
      throw new ChildFailure(
          "the guest reports nothing; does its driver know free page reporting?");
    }
    return new Reporting(
        lastChange, passes, reported, resident, guest.pages("resident-bytes"), untouched);
  }

  /**
   * Passes that so many blocks of order 10 need: in each, one report more than the list's budget of
   * 1/16 of its blocks (REPORT-06, REPORT-08).
   */
  static long expectedPasses(long pages) {
    long blocks = (pages + BLOCK_PAGES - 1) / BLOCK_PAGES;
    long budget = (blocks + CAPACITY * 16 - 1) / (CAPACITY * 16);
    long each = CAPACITY * (budget + 1);
    return (blocks + each - 1) / each;
  }

  /** How far RAM in host memory is from that of an untouched guest, as part of what was touched. */
  double left() {
    return (double) (residentReported - residentUntouched)
        / Math.max(1, residentTouched - residentUntouched);
  }

  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("time_ms", millis);
    object.put("passes", passes);
    object.put("passes_expected", expectedPasses(reportedPages));
    object.put("reported_pages", reportedPages);
    object.put("resident_touched_bytes", residentTouched);
    object.put("resident_reported_bytes", residentReported);
    object.put("resident_untouched_bytes", residentUntouched);
    return object;
  }
}
