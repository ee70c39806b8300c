package aerostat.vmm.cpu;

/**
 * How many polls guest code may pass before the slow path, and so the exact number of polls
 * consumed. The slow path is wanted about every 20 µs, so that a stop need not wait longer; how
 * many polls that is, the time since the last slow path tells. vCPU thread, or while it rests.
 *
 * <p>The time between two polls differs by a factor of 100,000: 2 ns in a recursion, half a
 * millisecond in a loop whose every store is the first touch of a page. When it suddenly grows, a
 * stop waits for what is left of the load. So the load follows at once when it has to shrink, and
 * only doubles when it may grow.
 */
final class PollBudget {
  private static final long WANTED_NANOS = 20_000;
  private static final int MOST = 1024;

  private long base;
  private int loaded;
  private int chunk = 16;
  private boolean wholeChunk;
  private long reloadedAt;

  /** Polls consumed when the countdown stands at {@code budget}. */
  long polls(int budget) {
    return base + loaded - budget;
  }

  /** Counts what was consumed; the countdown is 0 from here on, so the next poll is slow. */
  long settle(int budget) {
    base = polls(budget);
    loaded = 0;
    wholeChunk = false;
    return base;
  }

  /** At rest: sets the count. */
  void polls(long consumed) {
    base = consumed;
    loaded = 0;
    wholeChunk = false;
  }

  /** In the slow path, before it is settled: learns from the time that the last load took. */
  void calibrate(long nanos) {
    if (wholeChunk) {
      long took = Math.max(1, nanos - reloadedAt);
      long fit = chunk * WANTED_NANOS / took;
      chunk = Math.clamp(fit, 1, Math.min(MOST, chunk * 2));
    }
  }

  /**
   * The countdown's next load, after {@link #settle}.
   *
   * @param due poll at which the slow path must be taken at the latest
   */
  int load(long due, long nanos) {
    long distance = due - base - 1;
    wholeChunk = distance >= chunk;
    loaded = (int) Math.clamp(distance, 0, chunk);
    reloadedAt = nanos;
    return loaded;
  }
}
