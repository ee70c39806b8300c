package aerostat.vmm.machine;

import java.time.Duration;

/** A machine's run state, and those who wait for its end. */
final class RunStateCell {
  /** Held for an instant only. */
  private final Object change = new Object();

  private RunState state;

  RunStateCell(RunState first) {
    state = first;
  }

  RunState get() {
    synchronized (change) {
      return state;
    }
  }

  void set(RunState to) {
    synchronized (change) {
      state = to;
      change.notifyAll();
    }
  }

  /** Whether it was in the first state, and so is in the second. */
  boolean move(RunState from, RunState to) {
    synchronized (change) {
      if (state != from) {
        return false;
      }
      set(to);
      return true;
    }
  }

  /** Waits until the guest is off or panicked; false when the time is over first. */
  boolean awaitEnd(Duration timeout) throws InterruptedException {
    long until = System.nanoTime() + timeout.toNanos();
    synchronized (change) {
      while (state != RunState.SHUTDOWN && state != RunState.GUEST_PANICKED) {
        long left = until - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        change.wait(left / 1_000_000, (int) (left % 1_000_000));
      }
    }
    return true;
  }
}
