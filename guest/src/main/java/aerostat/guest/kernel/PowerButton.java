package aerostat.guest.kernel;

import aerostat.guest.machine.Io;

/** drivers/acpi/button.c and what user space does on a press: orderly_poweroff. */
final class PowerButton {
  private PowerButton() {}

  static final int EVENTS = 4;
  static final int BUTTON = 1;
  static final int WAKEUP = 2;

  /** When work queues are there. */
  static void init() {
    work().init(PowerButton::pressed);
    int error = Irq.request(KernelData.bootParams().powerIrq(), PowerButton::interrupt, 0);
    if (error != 0) {
      Printk.err("power button: cannot have its interrupt, err = %d\n", error);
    }
  }

  private static WorkStruct work() {
    return new WorkStruct(KernelData.POWER_WORK);
  }

  static long events() {
    return KernelData.bootParams().powerBase() + EVENTS;
  }

  static int interrupt(int irq, long data) {
    int events = Io.readl(events());
    if (events == 0) {
      return Irq.NONE;
    }
    Io.writel(events, events());
    if ((events & BUTTON) != 0) {
      Printk.info("power button: pressed\n");
      var unused = Workqueue.system().queueWork(work());
    }
    return Irq.HANDLED;
  }

  static void pressed(WorkStruct work) {
    Reboot.powerOff();
  }
}
