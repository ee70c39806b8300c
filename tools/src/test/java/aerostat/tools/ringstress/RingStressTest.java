package aerostat.tools.ringstress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import aerostat.tools.stress.Jcstress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.TestResult;

/**
 * Runs jcstress for some seconds over both rings, with the product's own code on either side
 * ({@link Rings}): publication by index and by flags, and the places where each side writes and
 * then looks whether the other sleeps. For a longer look run {@code org.openjdk.jcstress.Main -t
 * aerostat.tools.ringstress}, with the strides that stand here.
 *
 * <p>That the product has no forbidden outcome is asserted. That a form without its fence loses a
 * wake-up is chance, though on two x86 cores it does so dozens of times in 200 ms: where it does
 * not, the test counts as skipped, and says so.
 */
class RingStressTest {
  private static final Set<String> OURS =
      Set.of(
          "SplitAvailable",
          "SplitUsed",
          "PackedAvailable",
          "PackedUsed",
          "PackedEvent",
          "Notification",
          "NotificationByEvent",
          "Interrupt",
          "InterruptByEvent",
          "PackedNotification",
          "PackedNotificationByEvent",
          "PackedInterrupt",
          "PackedInterruptByEvent");
  private static final Set<String> WRONG =
      Set.of(
          "NotificationWithoutFence",
          "InterruptWithoutFence",
          "PackedNotificationWithoutFence",
          "PackedNotificationByEventWithoutFence",
          "PackedInterruptWithoutFence",
          "PackedInterruptByEventWithoutFence");

  /** Queues at a time: so many strides of so many. Few, so that the actors meet often. */
  private static final int STRIDES = 16;

  private static final int STRIDE = Rings.POOL / 2 / STRIDES;

  @Test
  void noOutcomeIsForbiddenAndWithoutItsFenceAWakeUpIsLost(@TempDir Path dir) throws Exception {
    Map<String, TestResult> results =
        Jcstress.run(
            dir,
            "aerostat.tools.ringstress",
            1,
            200,
            "-strideSize=" + STRIDE,
            "-strideCount=" + STRIDES);

    assertThat(results.keySet())
        .containsAll(OURS)
        .containsAll(WRONG)
        .hasSize(OURS.size() + WRONG.size());
    results.forEach(
        (name, result) -> {
          assertThat(result.status()).as("status of %s", name).isEqualTo(Status.NORMAL);
          assertThat(result.getTotalCount()).as("samples of %s", name).isPositive();
        });
    for (String name : OURS) {
      TestResult result = Objects.requireNonNull(results.get(name));
      assertThat(result.grading().isPassed).as("%s: %s", name, outcomes(result)).isTrue();
    }
    for (String name : WRONG) {
      TestResult result = Objects.requireNonNull(results.get(name));
      long lost = result.getCount("0, 0");
      System.out.printf("jcstress: %s lost %d of %d%n", name, lost, result.getTotalCount());
    }
    for (String name : WRONG) {
      assumeThat(Objects.requireNonNull(results.get(name)).getCount("0, 0"))
          .as("%s lost a wake-up on this machine", name)
          .isPositive();
    }
  }

  private static String outcomes(TestResult result) {
    StringBuilder text = new StringBuilder();
    result
        .getStateKeys()
        .forEach(key -> text.append(key).append(": ").append(result.getCount(key)).append("; "));
    return text.toString();
  }
}
