package aerostat.tools.bench.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class DisturbanceTest {
  /** A host that steals this part of the time of each run. */
  private static Disturbance host(double... stolen) {
    Deque<CpuTime> times = new ArrayDeque<>();
    long steal = 0;
    for (double part : stolen) {
      times.add(new CpuTime(1000L * times.size(), steal));
      steal += Math.round(part * 1000);
      times.add(new CpuTime(1000L * times.size(), steal));
    }
    return new Disturbance(times::remove);
  }

  @Test
  void aQuietRunCountsAtOnce() {
    Disturbance host = host(0.01);

    assertThat(host.<Integer, RuntimeException>measure(List.of(1).iterator()::next)).isEqualTo(1);
    assertThat(host.toJson()).containsEntry("repeated_runs", 0).containsEntry("runs", 1);
  }

  @Test
  void aDisturbedRunIsRepeated() {
    Disturbance host = host(0.3, 0.0);

    assertThat(host.<Integer, RuntimeException>measure(List.of(1, 2).iterator()::next))
        .isEqualTo(2);
    assertThat(host.toJson())
        .containsEntry("repeated_runs", 1)
        .containsEntry("disturbed_runs_kept", 0);
  }

  @Test
  void onAHostThatIsNeverQuietTheLeastDisturbedOfThreeCounts() {
    Disturbance host = host(0.3, 0.1, 0.2);

    assertThat(host.<Integer, RuntimeException>measure(List.of(1, 2, 3).iterator()::next))
        .isEqualTo(2);
    assertThat(host.toJson())
        .containsEntry("repeated_runs", 2)
        .containsEntry("disturbed_runs_kept", 1)
        .containsEntry("steal_worst", 0.1);
  }

  @Test
  void stolenTimeIsReadFromTheKernelsLine() {
    CpuTime before = CpuTime.parse("cpu  100 0 50 800 10 5 5 30 7 0");
    CpuTime after = CpuTime.parse("cpu  150 0 70 880 10 5 5 80 9 0");

    assertThat(before).isEqualTo(new CpuTime(1000, 30));
    assertThat(after.stolenSince(before)).isEqualTo(0.25);
    assertThat(after.stolenSince(after)).isZero();
  }

  @Test
  void aHostThatDoesNotTellStealsNothing() {
    assertThat(CpuTime.parse("cpu 1 2 3")).isEqualTo(new CpuTime(0, 0));
    assertThat(CpuTime.parse("intr 1 2 3 4 5 6 7 8 9 10")).isEqualTo(new CpuTime(0, 0));
  }

  @Test
  void aGoalIsMetUpToItsLimit() {
    assertThat(new Goal("pause", "µs", 100, 100).show())
        .isEqualTo("met     pause: 100 µs, goal 100 µs");
    assertThat(new Goal("ratio", "", 1.25, 1.3).show()).isEqualTo("MISSED  ratio: 1.30, goal 1.25");
  }
}
