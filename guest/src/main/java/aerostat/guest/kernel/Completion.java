package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/** struct completion (kernel/sched/completion.c), 24 bytes. */
public record Completion(long address) {
  /** Bytes. */
  public static final int SIZE = 24;

  private static final int ALL = Integer.MAX_VALUE;

  /** init_completion. */
  public void init() {
    Memory.store32(address, 0);
    queue().init();
  }

  private WaitQueueHead queue() {
    return new WaitQueueHead(address + 8);
  }

  /** completion_done: whether a wait would not sleep. */
  public boolean isDone() {
    return Memory.load32(address) != 0;
  }

  /** complete: lets one wait pass. Any context. */
  public void complete() {
    int flags = Cpu.irqSave();
    int done = Memory.load32(address);
    if (done != ALL) {
      Memory.store32(address, done + 1);
    }
    queue().wakeUpOne();
    Cpu.irqRestore(flags);
  }

  /** complete_all: lets every wait pass, for ever. Any context. */
  public void completeAll() {
    int flags = Cpu.irqSave();
    Memory.store32(address, ALL);
    queue().wakeUp();
    Cpu.irqRestore(flags);
  }

  private boolean tryTake() {
    int flags = Cpu.irqSave();
    int done = Memory.load32(address);
    if (done != 0 && done != ALL) {
      Memory.store32(address, done - 1);
    }
    Cpu.irqRestore(flags);
    return done != 0;
  }

  /** wait_for_completion. */
  public void await() {
    queue().prepareToWait(Task.UNINTERRUPTIBLE);
    while (!tryTake()) {
      Sched.schedule();
      queue().prepareToWait(Task.UNINTERRUPTIBLE);
    }
    queue().finishWait();
  }

  /** wait_for_completion_timeout: 0 when the time was over, else jiffies left, at least 1. */
  public long awaitTimeout(long jiffies) {
    long left = jiffies;
    queue().prepareToWait(Task.UNINTERRUPTIBLE);
    boolean taken = tryTake();
    while (!taken && left > 0) {
      left = Sched.scheduleTimeout(left);
      queue().prepareToWait(Task.UNINTERRUPTIBLE);
      taken = tryTake();
    }
    queue().finishWait();
    return taken ? Math.max(left, 1) : 0;
  }
}
