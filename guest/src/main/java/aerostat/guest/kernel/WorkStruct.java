package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;

/** struct work_struct, 48 bytes of the owner's: link, function, state, work queue. */
public record WorkStruct(long address) {
  /** Bytes. */
  public static final int SIZE = 48;

  private static final int FUNCTION = 16;
  private static final int PENDING = 24;
  private static final int QUEUED = 28;
  private static final int CANCELING = 32;
  private static final int STARTS = 36;
  private static final int QUEUE = 40;

  /** INIT_WORK. */
  public void init(WorkFn function) {
    list().init();
    Memory.store64(address + FUNCTION, Ops.id(function));
    Memory.store64(address + PENDING, 0);
    Memory.store64(address + CANCELING, 0);
    Memory.store64(address + QUEUE, 0);
  }

  ListHead list() {
    return new ListHead(address);
  }

  /** work_pending: queued, or its timer runs, and not begun. */
  public boolean isPending() {
    return Memory.load32(address + PENDING) != 0;
  }

  void setPending(boolean pending) {
    Memory.store32(address + PENDING, pending ? 1 : 0);
  }

  boolean isQueued() {
    return Memory.load32(address + QUEUED) != 0;
  }

  void setQueued(boolean queued) {
    Memory.store32(address + QUEUED, queued ? 1 : 0);
  }

  boolean isCanceling() {
    return Memory.load32(address + CANCELING) != 0;
  }

  private void addCanceling(int n) {
    Memory.store32(address + CANCELING, Memory.load32(address + CANCELING) + n);
  }

  int starts() {
    return Memory.load32(address + STARTS);
  }

  void countStart() {
    Memory.store32(address + STARTS, starts() + 1);
  }

  /** The queue it was last given to; null at first. */
  Workqueue queue() {
    long queue = Memory.load64(address + QUEUE);
    return queue == 0 ? null : new Workqueue(queue);
  }

  void setQueue(Workqueue queue) {
    Memory.store64(address + QUEUE, queue.address());
  }

  void call() {
    Ops.<WorkFn>of(Memory.load64(address + FUNCTION)).run(this);
  }

  /** Takes it back if it is pending; interrupts are disabled. */
  boolean unqueue() {
    if (isQueued()) {
      list().delInit();
      setQueued(false);
    }
    boolean was = isPending();
    setPending(false);
    return was;
  }

  /**
   * cancel_work_sync: takes the work back or waits for its end; it is neither pending nor running
   * then, even if it queues itself. Returns whether it was pending.
   */
  public boolean cancelSync() {
    int flags = Cpu.irqSave();
    addCanceling(1);
    boolean was = unqueue();
    Cpu.irqRestore(flags);
    Workqueue queue = queue();
    if (queue != null) {
      queue.waitWhileRunning(this);
    }
    addCanceling(-1);
    return was;
  }

  /** flush_work: waits until the work, as it was queued last, has run. */
  public void flush() {
    Workqueue queue = queue();
    if (queue != null) {
      queue.flush(this);
    }
  }
}
