package aerostat.tools.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What each target has to bear, whatever it is. */
@Timeout(60)
class GuardedTargetTest {
  private static final byte[] INPUT = {1};

  private static GuardedTarget target(Consumer<byte[]> body) {
    return new GuardedTarget(
        new FuzzTarget() {
          @Override
          public void run(byte[] input, FuzzLog log) {
            body.accept(input);
          }

          @Override
          public byte[] edges() {
            return new byte[0];
          }
        });
  }

  private static void fails(byte[] input) {
    throw new AssertionError("of " + input.length);
  }

  @Test
  void whateverIsThrownIsAFindingWithItsPlace() {
    assertThatThrownBy(() -> target(GuardedTargetTest::fails).run(INPUT, FuzzLog.OFF))
        .isInstanceOfSatisfying(
            FuzzFinding.class,
            finding ->
                assertThat(finding.signature())
                    .isEqualTo(
                        "exception AssertionError at "
                            + GuardedTargetTest.class.getName()
                            + ".fails"));
    GuardedTarget broken =
        target(
            input -> {
              throw new FuzzFinding("mine", "as it is");
            });
    assertThatThrownBy(() -> broken.run(INPUT, FuzzLog.OFF)).hasMessage("mine: as it is");
  }

  @Test
  void anInputMayNotAllocateWithoutEnd() {
    int most = (int) GuardedTarget.MOST_ALLOCATED;
    byte[][] kept = new byte[1][];
    GuardedTarget target = target(input -> kept[0] = new byte[most / 4 * input[0]]);

    assertThatCode(() -> target.run(new byte[] {3}, FuzzLog.OFF)).doesNotThrowAnyException();
    assertThatThrownBy(() -> target.run(new byte[] {4}, FuzzLog.OFF))
        .hasMessage("memory: more than 64 MiB for an input");
    assertThat(kept[0]).hasSize(most);
  }

  @Test
  void twoPlacesOfOnePropertyAreTwoFindings() {
    assertThat(here().signature()).isEqualTo("mine at " + getClass().getName() + ".here");
    assertThat(there().signature()).isEqualTo("mine at " + getClass().getName() + ".there");
    assertThat(FuzzFinding.hang("anywhere").signature()).isEqualTo("hang");
    assertThat(new FuzzFinding("exception", "", new StackOverflowError()).signature())
        .isEqualTo("exception StackOverflowError");
  }

  private static FuzzFinding here() {
    return requireOne();
  }

  private static FuzzFinding there() {
    return requireOne();
  }

  private static FuzzFinding requireOne() {
    return new FuzzFinding("mine", "anywhere");
  }

  @Test
  void anInputThatNeverEndsIsTold_andTheCallerGoesOn() {
    CountDownLatch never = new CountDownLatch(1);
    GuardedTarget[] made = new GuardedTarget[1];
    Watch watch = new Watch();
    try {
      FuzzFinding hang =
          watch.call(
              () -> {
                made[0] = target(input -> await(never));
                watch.watch(made[0]);
                made[0].run(INPUT, FuzzLog.OFF);
                return new FuzzFinding("none", "");
              },
              Duration.ofMillis(400),
              (input, finding) -> {
                assertThat(input).isSameAs(INPUT);
                return finding;
              });
      assertThat(hang).hasMessage("hang: no end after 0 s");
      assertThat(hang.getStackTrace())
          .as("where it is")
          .anyMatch(frame -> frame.getMethodName().equals("await"));
    } finally {
      never.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void onesThatEndAreNotTold() {
    Watch watch = new Watch();
    String end =
        watch.call(
            () -> {
              watch.watch(target(input -> {}));
              return "the end";
            },
            Duration.ZERO,
            (input, finding) -> "hung");
    assertThat(end).isEqualTo("the end");
  }
}
