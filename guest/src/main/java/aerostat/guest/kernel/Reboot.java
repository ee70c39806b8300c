package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Io;

/** kernel/reboot.c: the ordered end. */
public final class Reboot {
  private Reboot() {}

  public static final int SYS_POWER_OFF = 3;
  private static final int POWER_OFF = 1;
  private static final int FAILURE = 3;

  static void init() {
    chain().init();
  }

  private static NotifierHead chain() {
    return new NotifierHead(KernelData.REBOOT_CHAIN);
  }

  /** register_reboot_notifier: called in thread context before the power goes off. */
  public static void registerNotifier(NotifierBlock block) {
    chain().register(block);
  }

  /** unregister_reboot_notifier. */
  public static void unregisterNotifier(NotifierBlock block) {
    chain().unregister(block);
  }

  /** kernel_power_off. Does not return. */
  public static void powerOff() {
    end(POWER_OFF);
  }

  /** Power off that tells the VMM that the guest has found a fault. Does not return. */
  public static void powerOffFailed() {
    end(FAILURE);
  }

  private static void end(int code) {
    chain().call(SYS_POWER_OFF, 0);
    Printk.pr(Printk.EMERG, "reboot: Power down\n");
    Cpu.irqSave();
    Io.writel(code, KernelData.bootParams().powerBase());
    while (true) {
      Cpu.waitForInterrupt();
    }
  }
}
