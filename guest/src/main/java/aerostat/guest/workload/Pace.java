package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Jiffies;
import aerostat.guest.kernel.Sched;

/** An even pace: a tick each {@link #TICK_MS}. 8 bytes: the jiffy of the next tick. */
record Pace(long address) {
  static final int SIZE = 8;

  static final int TICK_MS = 10;
  static final int TICKS_PER_SECOND = 1000 / TICK_MS;

  /** Jiffies of ticks that are made up for after a standstill. */
  private static final long MAX_BEHIND = 100;

  void start() {
    store64(address, Jiffies.now());
  }

  /** Sleeps until the next tick. */
  void await() {
    long next = load64(address) + Jiffies.ofMillis(TICK_MS);
    long now = Jiffies.now();
    if (next > now) {
      Sched.msleep(Jiffies.toMillis(next - now));
    } else if (now - next > MAX_BEHIND) {
      next = now;
    }
    store64(address, next);
  }
}
