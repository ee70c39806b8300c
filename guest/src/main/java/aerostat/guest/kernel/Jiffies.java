package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;

/** Time in ticks of a millisecond (linux/jiffies.h); there is no periodic tick behind them. */
public final class Jiffies {
  private Jiffies() {}

  /** Ticks a second. */
  public static final int HZ = 1000;

  static final long NS_PER_JIFFY = 1_000_000_000L / HZ;

  /** schedule_timeout() of this never times out. */
  public static final long MAX_SCHEDULE_TIMEOUT = Long.MAX_VALUE;

  /** Ticks since boot. */
  public static long now() {
    return Cpu.now() / NS_PER_JIFFY;
  }

  /** msecs_to_jiffies. */
  public static long ofMillis(long ms) {
    return ms * HZ / 1000;
  }

  /** jiffies_to_msecs. */
  public static long toMillis(long jiffies) {
    return jiffies * 1000 / HZ;
  }
}
