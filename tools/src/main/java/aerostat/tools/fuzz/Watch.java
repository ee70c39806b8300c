package aerostat.tools.fuzz;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Runs a target on a {@link BigStack} thread and looks from the calling one whether it gets on. An
 * input that never ends cannot be stopped; so its thread stays behind, and the caller goes on.
 */
public final class Watch {
  /** As libFuzzer's {@code -timeout}; longer than targets wait for anything. */
  public static final Duration LONGEST = Duration.ofSeconds(100);

  private static final Duration LOOK = Duration.ofMillis(200);

  private volatile @Nullable GuardedTarget target;

  /** From here on it is watched. */
  public void watch(GuardedTarget guarded) {
    target = guarded;
  }

  /**
   * Waits for the end of what runs there.
   *
   * @param body makes the target and hands it to {@link #watch}
   * @param longest time for one input
   * @param hung is asked for the result if an input takes longer
   */
  public <T> T call(Callable<T> body, Duration longest, BiFunction<byte[], FuzzFinding, T> hung) {
    FutureTask<T> task = BigStack.start(body);
    long last = -1;
    long looks = 0;
    while (!BigStack.ended(task, LOOK)) {
      GuardedTarget guarded = target;
      byte[] input = guarded == null ? null : guarded.running();
      if (guarded == null || input == null) {
        last = -1;
      } else if (guarded.runs() != last) {
        last = guarded.runs();
        looks = 0;
      } else if (++looks * LOOK.toMillis() >= longest.toMillis()) { // a host asleep does not count
        FuzzFinding hang = FuzzFinding.hang("no end after " + longest.toSeconds() + " s");
        hang.setStackTrace(guarded.thread().getStackTrace());
        return hung.apply(input, hang);
      }
    }
    return BigStack.result(task);
  }
}
