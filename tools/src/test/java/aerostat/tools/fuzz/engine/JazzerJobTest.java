package aerostat.tools.fuzz.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
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
  void oneThatDies_isFollowedWhileAnotherStillRuns() throws Exception {
    CountDownLatch followed = new CountDownLatch(1);
    JazzerJob.Engine longer =
        new JazzerJob.Engine() {
          @Override
          public JazzerJob.Outcome await() throws IOException {
            try {
              return new JazzerJob.Outcome(followed.await(30, TimeUnit.SECONDS) ? 0 : 99, 0);
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }

          @Override
          public void close() {}
        };
    JazzerJob first = new JazzerJob(FOLDER, (seconds, crashes) -> longer, 100, () -> now);
    JazzerJob second =
        new JazzerJob(
            FOLDER,
            (seconds, crashes) -> {
              if (crashes > 0) {
                followed.countDown();
              }
              return engine(20, crashes == 0 ? 77 : 0);
            },
            100,
            () -> now);

    assertThat(JazzerJob.await(List.of(first, second))).as("1, a death, and 1").isEqualTo(3);
  }

  @Test
  void oneThatWasClosed_isNotFollowed() throws Exception {
    JazzerJob job =
        new JazzerJob(
            FOLDER,
            (seconds, crashes) -> {
              started.add(seconds);
              return engine(1, 143);
            },
            100,
            () -> now);
    job.close();
    assertThat(job.await()).isEqualTo(1);
    assertThat(started).containsExactly(100L);
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
