package aerostat.tools.bench.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EstimateTest {
  @Test
  void theMedianIsTheMiddleValueOrTheMeanOfTwo() {
    assertThat(Estimate.of(9, 1, 5).median()).isEqualTo(5);
    assertThat(Estimate.of(9, 1, 5, 7).median()).isEqualTo(6);
    assertThat(Estimate.of(3).median()).isEqualTo(3);
  }

  // Ranks from tables of the sign test: the largest symmetric ones with at least 95 %.
  @ParameterizedTest
  @CsvSource({
    "6,1,0.969",
    "8,1,0.992",
    "9,2,0.961",
    "10,2,0.979",
    "20,6,0.959",
    "30,10,0.957",
    "40,14,0.962"
  })
  void theBoundIsThatOfTheSignTest(int n, int rank, double confidence) {
    Estimate estimate = Estimate.of(IntStream.rangeClosed(1, n).mapToDouble(i -> i).toArray());

    assertThat(estimate.low()).isEqualTo(rank);
    assertThat(estimate.high()).isEqualTo(n + 1 - rank);
    assertThat(estimate.confidence()).isCloseTo(confidence, within(0.001));
  }

  @Test
  void fewRunsAreBoundedByTheirRangeWithTheConfidenceThatItHas() {
    Estimate five = Estimate.of(1, 2, 3, 4, 5);

    assertThat(five.low()).isEqualTo(1);
    assertThat(five.high()).isEqualTo(5);
    assertThat(five.confidence()).isEqualTo(1 - 2 * Math.pow(0.5, 5));
    assertThat(Estimate.of(4).confidence()).isZero();
  }

  @Test
  void theBoundHoldsTheTrueMedianAsOftenAsItSays() {
    long seed = 3;
    SplittableRandom random = new SplittableRandom(seed);
    int held = 0;
    int trials = 4000;
    for (int i = 0; i < trials; i++) {
      // An exponential distribution: skewed, median ln 2.
      double[] values = random.doubles(12).map(u -> -Math.log(1 - u)).toArray();
      Estimate estimate = Estimate.of(values);
      if (estimate.low() <= Math.log(2) && Math.log(2) <= estimate.high()) {
        held++;
      }
    }
    assertThat((double) held / trials).as("seed %d", seed).isBetween(0.945, 0.98);
  }

  @Test
  void nothingAndNoNumberAreRefused() {
    assertThatThrownBy(() -> Estimate.of()).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Estimate.of(1, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void quantilesLieBetweenValuesAndMeansOfRatiosAreGeometric() {
    assertThat(Estimate.quantile(new double[] {1, 2, 3, 4, 5}, 0.99)).isCloseTo(4.96, within(1e-9));
    assertThat(Estimate.quantile(new double[] {7}, 0.99)).isEqualTo(7);
    assertThat(Estimate.geometricMean(0.5, 2)).isCloseTo(1, within(1e-12));
  }
}
