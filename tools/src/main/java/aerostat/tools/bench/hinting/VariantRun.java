package aerostat.tools.bench.hinting;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One migration of a guest with one variant.
 *
 * @param millis from the command to the end of the migration
 * @param processorMillis of both processes meanwhile
 * @param transferred bytes
 * @param hinted pages that were left out
 * @param stalls how late the guest had its pages meanwhile, if it looked
 */
record VariantRun(
    double millis,
    double processorMillis,
    double transferred,
    double rounds,
    double hinted,
    Stalls stalls) {
  /** After so long without a further reported page the guest has reported all. */
  private static final long QUIET_NANOS = 5_000_000_000L;

  private static final Duration REPORT_LIMIT = Duration.ofMinutes(5);
  private static final Duration LOOK = Duration.ofMillis(100);

  /**
   * @param memory of the guest, bytes
   * @param touched bytes that it wrote and freed before
   * @param stalls whether the guest allocates a page each millisecond, and says how late it was
   */
  static VariantRun once(Variant variant, long memory, long touched, boolean stalls)
      throws IOException, ChildFailure {
    String workload =
        (stalls ? "workload=stall" : "workload=idle")
            + " resident="
            + (memory >> 25) // 1/32 of the memory, in MiB: what an idle system holds
            + "M"
            + (touched > 0 ? " touch=" + (touched >> 20) + "M" : "");
    try (Pair pair =
        Pair.boot(
            memory, variant.balloon(), workload + " " + variant.append(), "resident: filled")) {
      if (variant == Variant.REPORTING) {
        awaitReports(pair);
      }
      int before = stalls ? Stalls.settled(pair.here()) : 0;
      double processor = pair.processorMillis();
      Map<String, @Nullable Object> state = pair.move(true);
      processor = pair.processorMillis() - processor;
      Map<String, @Nullable Object> ram = QmpClient.asObject(state.get("ram"));
      return new VariantRun(
          number(state, "total-time"),
          processor,
          number(ram, "transferred"),
          number(ram, "dirty-sync-count"),
          number(state, "x-hinted-pages"),
          stalls ? Stalls.since(before, pair) : Stalls.NONE);
    }
  }

  private static void awaitReports(Pair pair) throws ChildFailure {
    double reported = -1;
    long since = System.nanoTime();
    Patience patience = new Patience(REPORT_LIMIT);
    while (System.nanoTime() - since < QUIET_NANOS && patience.wait(LOOK)) {
      double now = number(pair.here().query("x-query-pages"), "reported");
      if (now != reported) {
        reported = now;
        since = System.nanoTime();
      }
    }
  }

  private static double number(Map<String, @Nullable Object> object, String name) {
    return object.get(name) instanceof Number n ? n.doubleValue() : 0;
  }
}
