package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;

/**
 * What somebody would {@code echo} into /sys/power/state: {@code suspend=SECONDS}, or {@code
 * suspend=SECONDS+LENGTH} with an alarm so many seconds later; any number of times, in the order of
 * their times since boot.
 */
final class SuspendTimes {
  private SuspendTimes() {}

  private static final String PARAM = "suspend";
  private static final long NS = 1_000_000_000L;

  /** Between two attempts while somebody has work to do, ms. */
  private static final long RETRY_MS = 100;

  /** Reads the parameters; in the init thread. */
  static void start() {
    if (Params.has(PARAM) && Kthread.run(SuspendTimes::thread, 0, "suspend") == null) {
      Printk.err("suspend: cannot have a thread\n");
    }
  }

  static int thread(long data) {
    int at = Params.find(PARAM, 0);
    while (at >= 0) {
      CString value = Params.valueAt(at);
      if (value == null || !step(value)) {
        Params.invalid(CString.of(PARAM), value);
      }
      at = Params.find(PARAM, at + 1);
    }
    return 0;
  }

  private static boolean step(CString value) {
    CString rest = new CString(NumberParser.skip(value));
    if (rest.address() == value.address()) {
      return false;
    }
    long length = 0;
    if (rest.at(0) == '+') {
      CString seconds = new CString(rest.address() + 1);
      length = NumberParser.value(seconds);
      rest = new CString(NumberParser.skip(seconds));
    }
    if (rest.at(0) != 0 || length > Integer.MAX_VALUE) {
      return false;
    }
    long left = NumberParser.value(value) * Jiffies.HZ - Jiffies.now();
    if (left > 0) {
      Sched.msleep(left);
    }
    while (Suspend.pmSuspend(length == 0 ? Long.MAX_VALUE : Cpu.now() + length * NS) != 0) {
      Sched.msleep(RETRY_MS);
    }
    return true;
  }
}
