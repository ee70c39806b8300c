package aerostat.vmm.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EventThrottleTest {
  private final List<String> sent = new ArrayList<>();
  private long now = 5_000;
  private long dueAt;
  private @Nullable Runnable due;
  private final EventThrottle<String> throttle =
      new EventThrottle<>(
          1_000,
          () -> now,
          (nanos, action) -> {
            dueAt = now + nanos;
            due = action;
          },
          sent::add);

  private void timePasses() {
    now = dueAt;
    Runnable action = java.util.Objects.requireNonNull(due);
    due = null;
    action.run();
  }

  @Test
  void theFirstGoesOutAtOnceAndOfTheRestOnlyTheLast() {
    throttle.event("a");
    throttle.event("b");
    throttle.event("c");
    assertThat(sent).containsExactly("a");

    timePasses();

    assertThat(now).isEqualTo(6_000);
    assertThat(sent).containsExactly("a", "c");
  }

  @Test
  void theHeldBackEventStartsAPeriodOfItsOwn() {
    throttle.event("a");
    now += 400;
    throttle.event("b");
    timePasses();
    throttle.event("c");
    assertThat(sent).containsExactly("a", "b");

    timePasses();

    assertThat(now).isEqualTo(7_000);
    assertThat(sent).containsExactly("a", "b", "c");
  }

  @Test
  void rareEventsAreNeverHeldBack() {
    throttle.event("a");
    now += 1_000;
    throttle.event("b");

    assertThat(sent).containsExactly("a", "b");
    assertThat(due).isNull();
  }
}
