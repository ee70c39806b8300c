package aerostat.devices.clock;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * A clock whose owner asks for the next deadline and runs what is due: how a deterministic machine
 * fires device timers at an exact virtual time. All calls need the machine lock.
 */
public final class DrivenClock implements DeviceClock {
  private final LongSupplier now;
  private final LongSupplier wallSeconds;
  private final List<DrivenTimer> timers = new ArrayList<>();
  private Runnable deadlineMoved = () -> {};

  /**
   * @param now guest monotonic ns
   * @param wallSeconds seconds since 1970
   */
  public DrivenClock(LongSupplier now, LongSupplier wallSeconds) {
    this.now = now;
    this.wallSeconds = wallSeconds;
  }

  @Override
  public long now() {
    return now.getAsLong();
  }

  @Override
  public long wallSeconds() {
    return wallSeconds.getAsLong();
  }

  @Override
  public Timer timer(Runnable expired) {
    DrivenTimer timer = new DrivenTimer(expired);
    timers.add(timer);
    return timer;
  }

  /** Called whenever a timer was armed or disarmed, so that the owner asks again. */
  public void onDeadlineMoved(Runnable listener) {
    deadlineMoved = listener;
  }

  /** The earliest deadline, or {@link #NEVER}. */
  public long nextDeadline() {
    long next = NEVER;
    for (DrivenTimer timer : timers) {
      next = Math.min(next, timer.deadline);
    }
    return next;
  }

  /**
   * Runs what is due now, earliest first and in order of creation among equals; each timer at most
   * once, so that one that re-arms itself in the past cannot hold the caller.
   */
  public void runDue() {
    long time = now();
    List<DrivenTimer> due = new ArrayList<>();
    for (DrivenTimer timer : timers) {
      if (timer.deadline <= time) {
        due.add(timer);
      }
    }
    due.sort((a, b) -> Long.compare(a.deadline, b.deadline)); // stable
    for (DrivenTimer timer : due) {
      if (timer.deadline <= time) {
        timer.deadline = NEVER;
        timer.expired.run();
      }
    }
  }

  private final class DrivenTimer implements Timer {
    private final Runnable expired;
    private long deadline = NEVER;

    DrivenTimer(Runnable expired) {
      this.expired = expired;
    }

    @Override
    public void arm(long newDeadline) {
      deadline = newDeadline;
      deadlineMoved.run();
    }
  }
}
