package aerostat.tools.bench.hinting;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.VmmChild;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the guest says of its waits while it is moved.
 *
 * @param p99Micros how late a page was in 99 of 100 cases, of half a second in which that was worst
 * @param longestMicros how late the latest one was
 * @param lockMicros longest time for which the driver held a zone's lock; 0 if it does not say
 */
record Stalls(double p99Micros, double longestMicros, double lockMicros) {
  static final Stalls NONE = new Stalls(0, 0, 0);

  private static final String LINE = "stall: allocations=";
  private static final Pattern WAITS =
      Pattern.compile(LINE + "\\d+ p99=(\\d+) us longest=(\\d+) us");
  private static final Pattern LOCK = Pattern.compile("lock held for at most (\\d+) us");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Waits for a first line; the length of what the guest has printed. */
  static int settled(VmmChild here) throws ChildFailure {
    here.awaitConsole(LINE, PATIENCE);
    return here.console().length();
  }

  /** After the move: what was printed at the source since, and at the destination. */
  static Stalls since(int before, Pair pair) throws ChildFailure {
    pair.here().awaitConsole(LINE, PATIENCE);
    String text = pair.there().console().substring(before) + pair.here().console();
    double p99 = 0;
    double longest = 0;
    Matcher waits = WAITS.matcher(text);
    while (waits.find()) {
      p99 = Math.max(p99, Double.parseDouble(waits.group(1)));
      longest = Math.max(longest, Double.parseDouble(waits.group(2)));
    }
    double lock = 0;
    Matcher held = LOCK.matcher(text);
    while (held.find()) {
      lock = Math.max(lock, Double.parseDouble(held.group(1)));
    }
    return new Stalls(p99, longest, lock);
  }
}
