package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/**
 * linux/preempt.h. The count is the CPU's, not the thread's: a thread gives up the CPU only with a
 * count of 0, so all threads agree on it.
 */
public final class Preempt {
  private Preempt() {}

  static final int HARDIRQ_OFFSET = 0x10000;

  public static void disable() {
    add(1);
  }

  /** preempt_enable: a rescheduling that had to wait is taken at the next safepoint. */
  public static void enable() {
    add(-1);
    if (Memory.load32(KernelData.NEED_RESCHED) != 0 && count() == 0) {
      Clock.fireNow();
    }
  }

  public static int count() {
    return Memory.load32(KernelData.PREEMPT_COUNT);
  }

  static void add(int n) {
    Memory.store32(KernelData.PREEMPT_COUNT, Memory.load32(KernelData.PREEMPT_COUNT) + n);
  }

  /** in_hardirq. */
  public static boolean inInterrupt() {
    return count() >= HARDIRQ_OFFSET;
  }

  /** in_atomic or interrupts disabled: the caller must not sleep. */
  public static boolean mayNotSleep() {
    return count() != 0 || Cpu.irqsEnabled() == 0;
  }
}
