package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;

/**
 * wait_queue_head_t (kernel/sched/wait.c), 16 bytes. A thread waits on one queue at a time:
 *
 * <pre>{@code
 * queue.prepareToWait(Task.UNINTERRUPTIBLE);
 * while (!condition) {
 *   Sched.schedule();
 *   queue.prepareToWait(Task.UNINTERRUPTIBLE);
 * }
 * queue.finishWait();
 * }</pre>
 */
public record WaitQueueHead(long address) {
  /** Bytes. */
  public static final int SIZE = 16;

  /** init_waitqueue_head. */
  public void init() {
    list().init();
  }

  private ListHead list() {
    return new ListHead(address);
  }

  /** waitqueue_active: whether somebody waits. */
  public boolean isActive() {
    return !list().isEmpty();
  }

  /** prepare_to_wait: queues the current thread, unless it is queued, and sets its state. */
  public void prepareToWait(int state) {
    prepare(Task.current().waitEntry(), state);
  }

  void prepare(WaitQueueEntry entry, int state) {
    int flags = Cpu.irqSave();
    if (entry.list().isEmpty()) {
      list().addTail(entry.list());
    }
    Task.current().setState(state);
    Cpu.irqRestore(flags);
  }

  /** finish_wait. */
  public void finishWait() {
    finish(Task.current().waitEntry());
  }

  void finish(WaitQueueEntry entry) {
    int flags = Cpu.irqSave();
    Task.current().setState(Task.RUNNING);
    if (!entry.list().isEmpty()) {
      entry.list().delInit();
    }
    Cpu.irqRestore(flags);
  }

  /** wake_up_all: wakes every thread that waits. Any context. */
  public void wakeUp() {
    int flags = Cpu.irqSave();
    while (!list().isEmpty()) {
      wakeFirst();
    }
    Cpu.irqRestore(flags);
  }

  /** wake_up of one thread, the one that waits longest. Any context. */
  public void wakeUpOne() {
    int flags = Cpu.irqSave();
    if (!list().isEmpty()) {
      wakeFirst();
    }
    Cpu.irqRestore(flags);
  }

  private void wakeFirst() {
    WaitQueueEntry entry = new WaitQueueEntry(list().next().address());
    entry.list().delInit();
    Sched.wakeUp(entry.task());
  }

  /** wait_event: sleeps until the condition holds. */
  public void waitEvent(WaitCondition condition, long data) {
    prepareToWait(Task.UNINTERRUPTIBLE);
    while (!condition.test(data)) {
      Sched.schedule();
      prepareToWait(Task.UNINTERRUPTIBLE);
    }
    finishWait();
  }

  /**
   * wait_event_timeout: 0 if the condition did not hold in time, else the jiffies that were left,
   * at least 1.
   */
  public long waitEventTimeout(WaitCondition condition, long data, long jiffies) {
    long left = jiffies;
    prepareToWait(Task.UNINTERRUPTIBLE);
    boolean holds = condition.test(data);
    while (!holds && left > 0) {
      left = Sched.scheduleTimeout(left);
      prepareToWait(Task.UNINTERRUPTIBLE);
      holds = condition.test(data);
    }
    finishWait();
    return holds ? Math.max(left, 1) : 0;
  }
}
