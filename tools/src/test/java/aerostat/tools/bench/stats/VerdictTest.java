package aerostat.tools.bench.stats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A goal is met when the bound is on its side. */
class VerdictTest {
  private static final Estimate ABOUT_TWO = new Estimate(9, 2, 1, 3, 0.96);

  @Test
  void wholeBoundHasToBeOnTheGoalsSide() {
    assertThat(Verdict.atMost("a", "ms", 3, ABOUT_TWO).met()).isTrue();
    assertThat(Verdict.atMost("a", "ms", 2.9, ABOUT_TWO).met()).isFalse();
    assertThat(Verdict.atLeast("a", "ms", 1, ABOUT_TWO).met()).isTrue();
    assertThat(Verdict.atLeast("a", "ms", 1.1, ABOUT_TWO).met()).isFalse();
  }

  @Test
  void whatWasNotMeasuredIsNotMetAndSaysSo() {
    Verdict verdict = Verdict.notMeasured("a", "", 1, "no QEMU");
    TextTable table = Verdict.table();
    verdict.addTo(table);

    assertThat(verdict.met()).isFalse();
    assertThat(table.toString()).contains("not measured");
    assertThat(verdict.toJson()).containsEntry("result", "not measured").doesNotContainKey("found");
  }

  @Test
  void aRowShowsGoalFigureAndResult() {
    TextTable table = Verdict.table();
    Verdict.atMost("stands still", "ms", 2.5, ABOUT_TWO).addTo(table);

    assertThat(table.toString()).contains("<= 2.50 ms", "2.00 [1.000, 3.00] ms", "9", "MISSED");
  }
}
