package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Io;

/**
 * kernel/power/suspend.c: suspend to RAM. Devices lose their state, the CPU waits with interrupts
 * disabled for its power registers, and no other thread runs meanwhile. There is no freezer: what
 * threads do until then, they do on.
 */
public final class Suspend {
  private Suspend() {}

  public static final int PM_SUSPEND_PREPARE = 3;
  public static final int PM_POST_SUSPEND = 4;

  /** Value of the power register's request. */
  private static final int SUSPEND = 4;

  static void init() {
    chain().init();
  }

  private static NotifierHead chain() {
    return new NotifierHead(KernelData.PM_CHAIN);
  }

  /** register_pm_notifier: called in thread context before and after. */
  public static void registerNotifier(NotifierBlock block) {
    chain().register(block);
  }

  /**
   * pm_suspend: returns when the guest is awake again.
   *
   * @param alarm {@link Cpu#now} at which it wakes by itself, as rtcwake does; Long.MAX_VALUE:
   *     never
   * @return 0, or {@code -EBUSY}: somebody has work to do first (CLASSIC-22)
   */
  public static int pmSuspend(long alarm) {
    Printk.info("PM: suspend entry (deep)\n");
    int error = 0;
    if (Wakeup.isPending()) {
      Printk.info("PM: Wakeup pending, aborting suspend\n");
      error = -Errno.EBUSY;
    } else {
      chain().call(PM_SUSPEND_PREPARE, 0);
      enter(alarm);
      chain().call(PM_POST_SUSPEND, 0);
    }
    Printk.info("PM: suspend exit\n");
    return error;
  }

  /** suspend_enter: the timer is the alarm's alone, and whoever was to be woken is woken late. */
  private static void enter(long alarm) {
    int flags = Cpu.irqSave();
    Clock.suspend(alarm);
    Io.writel(SUSPEND, KernelData.bootParams().powerBase());
    while (Io.readl(PowerButton.events()) == 0 && Cpu.now() < alarm) {
      Cpu.waitForInterrupt();
    }
    // A press of the button is left for its handler.
    Io.writel(PowerButton.WAKEUP, PowerButton.events());
    Clock.resume();
    Cpu.irqRestore(flags);
  }
}
