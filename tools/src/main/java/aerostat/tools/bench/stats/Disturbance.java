package aerostat.tools.bench.stats;

import aerostat.tools.child.ChildFailure;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Repeats what the host disturbed: a run during which more than a given part of the processors'
 * time was stolen is done again, a few times at most, and the least disturbed one counts.
 */
public final class Disturbance {
  /** Stolen part of all processors' time above which a run is repeated. */
  public static final double LIMIT = 0.02;

  /** Most runs for one measurement. */
  private static final int ATTEMPTS = 3;

  private final Supplier<CpuTime> clock;
  private final double loadAtStart;
  private int runs;
  private int repeated;
  private int kept;
  private double worst;
  private double sum;

  public Disturbance() {
    this(CpuTime::now);
  }

  Disturbance(Supplier<CpuTime> clock) {
    this.clock = clock;
    loadAtStart =
        java.lang.management.ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  /** A run that may fail. */
  public interface Run<T, E extends Exception> {
    T run() throws E;
  }

  /** Runs it, again if it was disturbed; the result of the least disturbed run. */
  public <T, E extends Exception> T measure(Run<T, E> run) throws E {
    T best = null;
    double least = Double.MAX_VALUE;
    for (int attempt = 1; ; attempt++) {
      CpuTime before = clock.get();
      T result = run.run();
      double stolen = clock.get().stolenSince(before);
      if (best == null || stolen < least) {
        best = result;
        least = stolen;
      }
      if (least <= LIMIT || attempt == ATTEMPTS) {
        count(attempt, least);
        return best;
      }
    }
  }

  /** As {@link #measure}, for a run with processes of its own. */
  public <T> T measureProcesses(Run<T, Exception> run) throws IOException, ChildFailure {
    try {
      return measure(run);
    } catch (IOException | ChildFailure | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void count(int attempts, double stolen) {
    runs++;
    repeated += attempts - 1;
    kept += stolen > LIMIT ? 1 : 0;
    worst = Math.max(worst, stolen);
    sum += stolen;
  }

  /** One line for people. */
  public String show() {
    return String.format(
        Locale.ROOT,
        "stolen time %.1f %% (worst run %.1f %%), %d of %d runs repeated for it, %d kept above"
            + " %.0f %%; load average at the start %.1f on %d processors",
        100 * average(),
        100 * worst,
        repeated,
        runs + repeated,
        kept,
        100 * LIMIT,
        loadAtStart,
        Runtime.getRuntime().availableProcessors());
  }

  private double average() {
    return runs == 0 ? 0 : sum / runs;
  }

  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("runs", runs);
    object.put("repeated_runs", repeated);
    object.put("disturbed_runs_kept", kept);
    object.put("steal_average", average());
    object.put("steal_worst", worst);
    object.put("load_average_at_start", loadAtStart);
    object.put("processors", Runtime.getRuntime().availableProcessors());
    return object;
  }
}
