package aerostat.tools.bench.stats;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The median of repeated measurements and a bound on it, from order statistics: two of the measured
 * values that enclose the true median with at least 95 % confidence, whatever the distribution. Up
 * to five measurements cannot give that; then the bound is the whole range, with the confidence
 * that it has.
 *
 * @param runs number of measurements
 * @param median middle value, or the mean of the two middle ones
 * @param low lower end of the bound
 * @param high upper end of the bound
 * @param confidence of the bound, 0 (one run) to below 1
 */
public record Estimate(int runs, double median, double low, double high, double confidence) {
  private static final double WANTED = 0.95;

  /**
   * From measurements in any order.
   *
   * @throws IllegalArgumentException if there are none, or one is no number
   */
  public static Estimate of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    if (n == 0 || Double.isNaN(sorted[n - 1])) {
      throw new IllegalArgumentException("no measurement, or one that is no number");
    }
    int skipped = 0;
    while (skipped + 1 < (n + 1) / 2 && confidence(n, skipped + 1) >= WANTED) {
      skipped++;
    }
    return new Estimate(
        n, quantile(sorted, 0.5), sorted[skipped], sorted[n - 1 - skipped], confidence(n, skipped));
  }

  /** As above. */
  public static Estimate of(List<Double> values) {
    return of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** That the median lies between the (k+1)-th smallest and the (k+1)-th largest of n values. */
  private static double confidence(int n, int k) {
    double term = Math.pow(0.5, n);
    double outside = 0;
    for (int i = 0; i <= k; i++) {
      outside += term;
      term = term * (n - i) / (i + 1);
    }
    return Math.max(0, 1 - 2 * outside);
  }

  /**
   * A quantile of values in ascending order, linear between two of them.
   *
   * @param q 0 to 1
   */
  public static double quantile(double[] sorted, double q) {
    double at = q * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /** The geometric mean of positive values. */
  public static double geometricMean(double... values) {
    return Math.exp(Arrays.stream(values).map(Math::log).average().orElseThrow());
  }

  /** {@code median [low, high]} with so many decimals. */
  public String show(int decimals) {
    String number = "%." + decimals + "f";
    return String.format(
        Locale.ROOT, number + " [" + number + ", " + number + "]", median, low, high);
  }

  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("median", median);
    object.put("low", low);
    object.put("high", high);
    object.put("confidence", confidence);
    object.put("runs", runs);
    return object;
  }
}
