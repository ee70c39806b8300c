package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/** struct mutex (kernel/locking/mutex.c): owner and queue, 24 bytes. */
public record Mutex(long address) {
  /** Bytes. */
  public static final int SIZE = 24;

  /** mutex_init. */
  public void init() {
    Memory.store64(address, 0);
    queue().init();
  }

  private WaitQueueHead queue() {
    return new WaitQueueHead(address + 8);
  }

  public boolean isLocked() {
    return Memory.load64(address) != 0;
  }

  /** mutex_trylock: returns whether the current thread holds it now. */
  public boolean tryLock() {
    int flags = Cpu.irqSave();
    boolean free = Memory.load64(address) == 0;
    if (free) {
      Memory.store64(address, Task.current().address());
    }
    Cpu.irqRestore(flags);
    return free;
  }

  /** mutex_lock: sleeps while another thread holds it. */
  public void lock() {
    if (Preempt.mayNotSleep()) {
      Bug.bug("sleeping function called from invalid context");
    }
    if (tryLock()) {
      return;
    }
    if (Memory.load64(address) == Task.current().address()) {
      Bug.bug("mutex recursion");
    }
    lockSlow();
  }

  private void lockSlow() {
    // A wait's condition may be under way: its state comes back after the mutex is held, so that
    // a sleep that was prepared ends early rather than never.
    WaitQueueEntry entry = Task.current().mutexEntry();
    queue().prepare(entry, Task.UNINTERRUPTIBLE);
    while (!tryLock()) {
      Sched.schedule();
      queue().prepare(entry, Task.UNINTERRUPTIBLE);
    }
    queue().finish(entry);
  }

  /** mutex_unlock, by the thread that holds it. */
  public void unlock() {
    if (Memory.load64(address) != Task.current().address()) {
      Bug.bug("mutex unlocked by a thread that does not hold it");
    }
    int flags = Cpu.irqSave();
    Memory.store64(address, 0);
    queue().wakeUpOne();
    Cpu.irqRestore(flags);
  }
}
