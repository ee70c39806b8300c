package aerostat.tools.bench.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import aerostat.tools.bench.stats.Disturbance;
import aerostat.tools.bench.stats.Goal;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GuestBenchTest {
  private static Map<Form, Double> round(double plain, double erased, double vmm, double stopped) {
    Map<Form, Double> nanos = new EnumMap<>(Form.class);
    nanos.put(Form.PLAIN, plain);
    nanos.put(Form.ERASED, erased);
    nanos.put(Form.VMM, vmm);
    nanos.put(Form.STOPPED, stopped);
    return nanos;
  }

  @Test
  void ratiosAreTakenWithinARound() {
    GuestReport report = new GuestReport(Form.COMPARED, new Disturbance());
    // The host was twice as slow in the second round: no ratio may show it.
    report.add(GuestFunction.WALK, round(20, 10, 12, 13));
    report.add(GuestFunction.WALK, round(40, 20, 24, 26));
    report.add(GuestFunction.FILL, round(10, 10, 27, 28));
    report.add(GuestFunction.FILL, round(20, 20, 54, 56));
    report.addStop(300);

    assertThat(report.ratio(GuestFunction.WALK, Form.VMM, Form.ERASED).high()).isEqualTo(1.2);
    assertThat(report.mean(Form.VMM, Form.ERASED).median())
        .isCloseTo(Math.sqrt(1.2 * 2.7), within(1e-9));
    assertThat(report.goals())
        .extracting(Goal::met)
        .as("mean and worst, mean and worst after stops, plain, stop")
        .containsExactly(false, false, false, false, false, true);
    assertThat(report.toTable()).contains("list walk", "MISSED", "stop and resume of ten frames");
    assertThat(report.toJson()).containsKeys("functions", "geometric_means", "goals", "host");
  }

  @Test
  void aTinyRunMeasuresEverything() throws Exception {
    GuestBench.Effort effort =
        new GuestBench.Effort(
            1, 0, 1, 5, 5, 16 << 20, List.of(GuestFunction.WALK), List.of(Form.ERASED, Form.VMM));

    GuestReport report = new GuestBench(effort, line -> {}).run();

    assertThat(report.toTable()).contains("list walk", "for (;;) counter++", "copy of 8 MiB");
    assertThat(report.goals()).hasSize(7);
  }
}
