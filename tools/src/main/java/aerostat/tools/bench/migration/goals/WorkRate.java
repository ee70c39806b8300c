package aerostat.tools.bench.migration.goals;

import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much {@code kvstore} does, by its own account and the guest's clock. Over a second, for it
 * works in ticks of 10 ms: over the milliseconds of a migration a tick more or less would change
 * the rate by a fourth.
 */
final class WorkRate {
  private static final Pattern ACCOUNT =
      Pattern.compile("\\[ *(\\d+\\.\\d+)\\] workload-stat name=kvstore .*updates=(\\d+)\n");

  private WorkRate() {}

  /**
   * Updates a second between the last two accounts on a console.
   *
   * @param from where to begin in it
   * @return empty while there are no two
   */
  static OptionalDouble of(String console, int from) {
    Matcher account = ACCOUNT.matcher(console);
    double seconds = Double.NaN;
    double updates = 0;
    double rate = Double.NaN;
    for (int at = from; account.find(at); at = account.end()) {
      double now = Double.parseDouble(account.group(1));
      double done = Double.parseDouble(account.group(2));
      rate = (done - updates) / (now - seconds);
      seconds = now;
      updates = done;
    }
    return Double.isNaN(rate) ? OptionalDouble.empty() : OptionalDouble.of(rate);
  }
}
