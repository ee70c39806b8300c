package aerostat.tools.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static Report filled() {
    Report report = new Report();
    report.balloon(900L << 20, 500L << 20);
    report.move(new Report.Move("A to B", false, "completed", 400, 12, 5, 800L << 20, 0));
    report.move(new Report.Move("B to A", true, "completed", 90, 11, 4, 50L << 20, 190_000));
    report.records(70_000, 0);
    return report;
  }

  @Test
  void theJsonObjectHasExactlyThePromisedKeys() {
    Map<String, Object> json = filled().toJson();

    assertThat(json)
        .containsOnlyKeys(
            "ok",
            "records_verified",
            "lost_updates",
            "resident_before_inflate_bytes",
            "resident_after_inflate_bytes",
            "migrations");
    assertThat((List<?>) json.get("migrations"))
        .hasSize(2)
        .allSatisfy(
            move ->
                assertThat(move)
                    .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
                    .containsOnlyKeys(
                        "hints",
                        "status",
                        "total_time_ms",
                        "downtime_ms",
                        "rounds",
                        "transferred_bytes",
                        "skipped_pages"));
  }

  @Test
  void aReportIsNotOkUntilAllStepsSucceeded() {
    Report report = filled();
    assertThat(report.toJson().get("ok")).isEqualTo(false);
    report.succeeded();
    assertThat(report.toJson().get("ok")).isEqualTo(true);
  }

  @Test
  void theTableShowsEachFigure() {
    assertThat(filled().toTable())
        .contains("A to B", "B to A", "off", "on", "400 ms", "12 ms", "800 MiB", "190000")
        .contains("900 MiB before inflating, 500 MiB after", "70000");
  }
}
