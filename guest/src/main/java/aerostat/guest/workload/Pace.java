package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Jiffies;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Sched;
import aerostat.guest.mm.Page;

/** An even pace: a tick each {@link #TICK_MS}. 8 bytes: the jiffy of the next tick. */
record Pace(long address) {
  static final int SIZE = 8;

  static final int TICK_MS = 10;
  static final int TICKS_PER_SECOND = 1000 / TICK_MS;

  /** Jiffies of ticks that are made up for after a standstill. */
  private static final long MAX_BEHIND = 100;

  private static final long MAX_MIB_PER_SECOND = 1 << 20;
  private static final int PAGES_PER_MIB = (1 << 20) / Page.PAGE_SIZE;

  /** A parameter in MiB a second; 0 is no limit. */
  static long mebibytes(String name, long fallback) {
    return Params.number(name, fallback, 0, MAX_MIB_PER_SECOND);
  }

  /** How many pages go between two ticks; without a limit a MiB at a time. */
  static long pagesPerTick(long mebibytesPerSecond) {
    return mebibytesPerSecond == 0
        ? PAGES_PER_MIB
        : (mebibytesPerSecond * PAGES_PER_MIB + TICKS_PER_SECOND - 1) / TICKS_PER_SECOND;
  }

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
