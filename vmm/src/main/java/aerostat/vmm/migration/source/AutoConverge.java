package aerostat.vmm.migration.source;

import aerostat.vmm.migration.control.ThrottleSteps;
import java.util.concurrent.TimeUnit;

/**
 * QEMU's auto-converge, MIG-15: when the guest dirties more than a part of what is sent, twice, its
 * processor is slowed down, and more each time. A period without trouble does not count against it.
 */
final class AutoConverge {
  private static final long PERIOD = TimeUnit.SECONDS.toNanos(1);
  private static final int PAGE = 4096;

  private final ThrottleSteps steps;
  private long periodBegan;
  private long bytesBefore;
  private long dirtied;
  private int troubles;
  private int throttle;

  AutoConverge(ThrottleSteps steps, long now) {
    this.steps = steps;
    this.periodBegan = now;
  }

  /** Percent of its time that the guest's processor sleeps. */
  int throttle() {
    return throttle;
  }

  /**
   * After a sync.
   *
   * @param fresh pages found newly dirty
   * @param bytes sent so far
   * @return the throttle from here on, percent
   */
  int synced(long fresh, long bytes, long now) {
    dirtied += fresh * PAGE;
    if (now - periodBegan <= PERIOD) {
      return throttle;
    }
    long threshold = (bytes - bytesBefore) * steps.triggerPercent() / 100;
    if (dirtied > threshold && ++troubles >= 2) {
      troubles = 0;
      throttle = Math.min(steps.most(), next(threshold));
    }
    periodBegan = now;
    bytesBefore = bytes;
    dirtied = 0;
    return throttle;
  }

  private int next(long threshold) {
    if (throttle == 0) {
      return steps.initial();
    }
    if (!steps.tailSlow()) {
      return throttle + steps.increment();
    }
    // The part of its time that the guest had, cut down to what would have met the threshold.
    double running = 100.0 - throttle;
    double ideal = running * threshold / dirtied;
    return throttle + (int) Math.min(running - ideal, steps.increment());
  }
}
