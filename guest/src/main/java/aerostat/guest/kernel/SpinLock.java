package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/**
 * spinlock_t of a kernel with one CPU: no preemption while held, and taking it twice is a bug. 8
 * bytes, zero is unlocked.
 */
public record SpinLock(long address) {
  /** Bytes. */
  public static final int SIZE = 8;

  public void init() {
    Memory.store32(address, 0);
  }

  public boolean isLocked() {
    return Memory.load32(address) != 0;
  }

  public void lock() {
    Preempt.disable();
    if (Memory.load32(address) != 0) {
      Bug.bug("spinlock recursion");
    }
    Memory.store32(address, 1);
  }

  public void unlock() {
    if (Memory.load32(address) == 0) {
      Bug.bug("spinlock already unlocked");
    }
    Memory.store32(address, 0);
    Preempt.enable();
  }

  /** spin_lock_irqsave: the result goes to {@link #unlockIrqrestore}. */
  public int lockIrqsave() {
    int flags = Cpu.irqSave();
    lock();
    return flags;
  }

  public void unlockIrqrestore(int flags) {
    unlock();
    Cpu.irqRestore(flags);
  }
}
