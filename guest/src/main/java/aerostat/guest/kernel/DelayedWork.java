package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;

/** struct delayed_work, 88 bytes: a work item and its timer. */
public record DelayedWork(long address) {
  /** Bytes. */
  public static final int SIZE = WorkStruct.SIZE + Timer.SIZE;

  /** INIT_DELAYED_WORK. */
  public void init(WorkFn function) {
    work().init(function);
    timer().setup(DelayedWork::expired);
  }

  /** The work item, as its function gets it. */
  public WorkStruct work() {
    return new WorkStruct(address);
  }

  /** to_delayed_work. */
  public static DelayedWork of(WorkStruct work) {
    return new DelayedWork(work.address());
  }

  private Timer timer() {
    return new Timer(address + WorkStruct.SIZE);
  }

  /** queue_delayed_work: false if it is pending already. */
  public boolean queueOn(Workqueue queue, long jiffies) {
    int flags = Cpu.irqSave();
    WorkStruct work = work();
    boolean fresh = !work.isPending() && !work.isCanceling();
    if (fresh) {
      arm(queue, jiffies);
    }
    Cpu.irqRestore(flags);
    return fresh;
  }

  /** mod_delayed_work: queues it anew with this delay; returns whether it was pending. */
  public boolean modOn(Workqueue queue, long jiffies) {
    int flags = Cpu.irqSave();
    WorkStruct work = work();
    boolean timed = timer().delete();
    boolean was = work.unqueue() || timed;
    if (!work.isCanceling()) {
      arm(queue, jiffies);
    }
    Cpu.irqRestore(flags);
    return was;
  }

  private void arm(Workqueue queue, long jiffies) {
    WorkStruct work = work();
    work.setPending(true);
    work.setQueue(queue);
    if (jiffies == 0) {
      queue.insert(work);
    } else {
      timer().mod(Jiffies.now() + jiffies);
    }
  }

  static void expired(Timer timer) {
    WorkStruct work = new WorkStruct(timer.address() - WorkStruct.SIZE);
    work.queue().insert(work);
  }

  /** cancel_delayed_work_sync: as {@link WorkStruct#cancelSync}, timer included. */
  public boolean cancelSync() {
    int flags = Cpu.irqSave();
    boolean timed = timer().delete();
    Cpu.irqRestore(flags);
    return work().cancelSync() || timed;
  }

  /** flush_delayed_work: runs it now if only its timer keeps it, and waits for its end. */
  public void flush() {
    int flags = Cpu.irqSave();
    if (timer().delete()) {
      work().queue().insert(work());
    }
    Cpu.irqRestore(flags);
    work().flush();
  }
}
