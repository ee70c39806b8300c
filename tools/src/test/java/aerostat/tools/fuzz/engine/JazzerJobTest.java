package aerostat.tools.fuzz.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of a job whose engine dies. */
class JazzerJobTest {
  private static final Path FOLDER = Path.of("findings");

  private long now;
  private final List<Long> started = new ArrayList<>();

  /** An engine that runs so long, then ends so. */
  private JazzerJob.Engine engine(long seconds, int code) {
    return new JazzerJob.Engine() {
      @Override
      public JazzerJob.Outcome await() {
        now += TimeUnit.SECONDS.toNanos(seconds);
        return new JazzerJob.Outcome(code, 1);
      }

      @Override
      public void close() {}
    };
  }

  @Test
  void anEngineThatDies_isFollowedByOneForTheRestOfTheTime() throws Exception {
    try (JazzerJob job =
        new JazzerJob(
            FOLDER,
            (seconds, crashes) -> {
              started.add(seconds);
              return crashes < 2 ? engine(20, 77) : engine(seconds, 0);
            },
            100,
            () -> now)) {
      assertThat(job.await()).as("a finding each, and two deaths").isEqualTo(5);
    }
    assertThat(started).containsExactly(100L, 80L, 60L);
  }

  @Test
  void oneThatDiesAtTheEnd_isNotFollowed() throws Exception {
    try (JazzerJob job =
        new JazzerJob(FOLDER, (seconds, crashes) -> engine(98, 77), 100, () -> now)) {
      assertThat(job.await()).isEqualTo(2);
    }
  }

  @Test
  void oneThatDiesAgainAndAgain_isAnError() throws Exception {
    try (JazzerJob job =
        new JazzerJob(FOLDER, (seconds, crashes) -> engine(1, 77), 100, () -> now)) {
      assertThatThrownBy(job::await)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("code 77, " + JazzerJob.MOST_CRASHES + " times");
    }
  }
}
