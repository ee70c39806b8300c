package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.MmInit;
import aerostat.guest.mm.ShowMem;
import aerostat.guest.mm.SoftOffline;
import aerostat.guest.mm.Vmscan;

/** init/main.c, and the three doors through which the machine enters the kernel. */
public final class Entry {
  private Entry() {}

  /** The boot thread, on the boot stack; becomes the idle thread. */
  public static void start(long bootParams) {
    run(bootParams, Entry::kernelInit);
  }

  /** Boots with another function for the init thread. Does not return. */
  public static void run(long bootParams, ThreadFn init) {
    startKernel(bootParams, init);
    idle();
  }

  /** An interrupt, with interrupts disabled, on the interrupted thread's stack. */
  public static void interrupt(int line) {
    Preempt.add(Preempt.HARDIRQ_OFFSET);
    Irq.handle(line);
    Preempt.add(-Preempt.HARDIRQ_OFFSET);
    Sched.preemptIrq();
  }

  /** The first frame of a thread. */
  public static void thread(long argument) {
    Kthread.main(new Task(argument));
  }

  /** start_kernel: everything up to the init thread, which is made and will run {@code init}. */
  private static void startKernel(long bootParams, ThreadFn init) {
    setUp(bootParams);
    Workqueue.init();
    PowerButton.init();
    Vmscan.start();
    if (Kthread.run(init, 0, "init") == null) {
      Panic.panic("no memory for the init thread");
    }
  }

  /** The part of start_kernel that makes no threads. */
  public static void setUp(long bootParams) {
    BootParams boot = new BootParams(bootParams);
    if (boot.magic() != BootParams.MAGIC || boot.ramBase() != KernelData.RAM_BASE) {
      Cpu.panic("bad boot parameters");
    }
    Memory.store64(KernelData.BOOT_PARAMS, bootParams);
    Printk.init();
    Printk.info("Aerostat guest kernel\n");
    Params.parse(new CString(boot.commandLine()), boot.commandLineLength());
    Printk.setUpFromParams();
    Sched.init();
    Reboot.init();
    Suspend.init();
    MmInit.init(boot.firstFree(), boot.ramEnd());
    MmInit.printInfo();
    Cpu.irqRestore(1);
  }

  /** kernel_init, pid 1's function. */
  static int kernelInit(long data) {
    Initcalls.run();
    ShowMem.start();
    SoftOffline.start();
    SuspendTimes.start();
    Initcalls.runInit();
    Params.reportUnknown();
    return 0;
  }

  /**
   * do_idle: interrupts are disabled between the test and the sleep, or a wake-up might be lost.
   */
  private static void idle() {
    while (true) {
      Cpu.irqSave();
      if (!Sched.needResched()) {
        Cpu.waitForInterrupt();
      }
      Cpu.irqRestore(1);
      Cpu.safepoint();
      if (Sched.needResched()) {
        Sched.schedule();
      }
    }
  }
}
