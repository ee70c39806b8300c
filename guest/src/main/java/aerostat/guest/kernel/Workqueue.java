package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;

/**
 * struct workqueue_struct (kernel/workqueue.c): items run one after the other in the order they
 * came, in up to max_active workers. A queue begins with one worker; another is made when the last
 * idle one begins to work, so that an item that sleeps does not hold up the next. One item never
 * runs in two workers at a time.
 */
public record Workqueue(long address) {
  static final int SIZE = 128;

  // Flags; they are kept, and freezing will look at WQ_FREEZABLE.
  public static final int WQ_FREEZABLE = 1 << 2;
  public static final int WQ_MEM_RECLAIM = 1 << 3;
  public static final int WQ_HIGHPRI = 1 << 4;
  public static final int WQ_CPU_INTENSIVE = 1 << 5;

  private static final int DEFAULT_MAX_ACTIVE = 4;

  private static final int WAIT = 16;
  private static final int FLUSH_WAIT = 32;
  private static final int WORKERS = 48;
  private static final int NR_WORKERS = 64;
  private static final int NR_BUSY = 68;
  private static final int MAX_ACTIVE = 72;
  private static final int FLAGS = 76;
  private static final int NAME = 80;
  private static final int NAME_LENGTH = 24;
  private static final int RUNS = 104;
  private static final int STOPPING = 112;

  /** Makes system_wq and system_freezable_wq. */
  static void init() {
    Memory.store64(KernelData.SYSTEM_WQ, alloc("events", 0, 0).address());
    Memory.store64(
        KernelData.SYSTEM_FREEZABLE_WQ, alloc("events_freezable", WQ_FREEZABLE, 0).address());
  }

  /** system_wq. */
  public static Workqueue system() {
    return new Workqueue(Memory.load64(KernelData.SYSTEM_WQ));
  }

  /** system_freezable_wq. */
  public static Workqueue systemFreezable() {
    return new Workqueue(Memory.load64(KernelData.SYSTEM_FREEZABLE_WQ));
  }

  /**
   * alloc_workqueue: null when there is no memory.
   *
   * @param maxActive items that may run at a time; 0 for the usual, 1 for strictly in order
   */
  public static Workqueue alloc(String name, int flags, int maxActive) {
    long memory = Slab.kzalloc(SIZE, Gfp.GFP_KERNEL);
    if (memory == 0) {
      return null;
    }
    Workqueue queue = new Workqueue(memory);
    queue.pending().init();
    queue.workerWait().init();
    queue.flushWait().init();
    queue.workers().init();
    Memory.store32(memory + MAX_ACTIVE, maxActive == 0 ? DEFAULT_MAX_ACTIVE : maxActive);
    Memory.store32(memory + FLAGS, flags);
    CString.copy(memory + NAME, CString.of(name), NAME_LENGTH);
    if (!queue.addWorker()) {
      Slab.kfree(memory);
      return null;
    }
    return queue;
  }

  private ListHead pending() {
    return new ListHead(address);
  }

  private WaitQueueHead workerWait() {
    return new WaitQueueHead(address + WAIT);
  }

  private WaitQueueHead flushWait() {
    return new WaitQueueHead(address + FLUSH_WAIT);
  }

  private ListHead workers() {
    return new ListHead(address + WORKERS);
  }

  private int get(int field) {
    return Memory.load32(address + field);
  }

  private void set(int field, int value) {
    Memory.store32(address + field, value);
  }

  private boolean addWorker() {
    long memory = Slab.kzalloc(Worker.SIZE, Gfp.GFP_KERNEL);
    if (memory == 0) {
      return false;
    }
    Worker worker = new Worker(memory);
    worker.setQueue(this);
    Task task = Kthread.runNamed(Workqueue::workerThread, memory, new CString(address + NAME));
    if (task == null) {
      Slab.kfree(memory);
      return false;
    }
    worker.setTask(task);
    int flags = Cpu.irqSave();
    workers().addTail(worker.list());
    set(NR_WORKERS, get(NR_WORKERS) + 1);
    Cpu.irqRestore(flags);
    return true;
  }

  /** queue_work: false if it is pending already. Any context. */
  public boolean queueWork(WorkStruct work) {
    int flags = Cpu.irqSave();
    boolean fresh = !work.isPending() && !work.isCanceling();
    if (fresh) {
      work.setPending(true);
      work.setQueue(this);
      insert(work);
    }
    Cpu.irqRestore(flags);
    return fresh;
  }

  /** queue_delayed_work. */
  public boolean queueDelayedWork(DelayedWork work, long jiffies) {
    return work.queueOn(this, jiffies);
  }

  /**
   * A pending item joins the queue; interrupts are disabled. One that queues itself again is for
   * the worker in which it runs: no other may take it.
   */
  void insert(WorkStruct work) {
    work.setQueued(true);
    pending().addTail(work.list());
    if (runningIn(work) == 0) {
      workerWait().wakeUpOne();
    }
  }

  static int workerThread(long data) {
    Worker worker = new Worker(data);
    Workqueue queue = worker.queue();
    long work = queue.next(worker);
    while (work != 0) {
      queue.process(worker, new WorkStruct(work));
      work = queue.next(worker);
    }
    return 0;
  }

  /** Sleeps until there is work for this worker; 0 when the queue is to end. */
  private long next(Worker worker) {
    workerWait().prepareToWait(Task.INTERRUPTIBLE);
    long work = take(worker);
    while (work == 0 && get(STOPPING) == 0) {
      Sched.schedule();
      workerWait().prepareToWait(Task.INTERRUPTIBLE);
      work = take(worker);
    }
    workerWait().finishWait();
    return work;
  }

  private void process(Worker worker, WorkStruct work) {
    set(NR_BUSY, get(NR_BUSY) + 1);
    if (get(NR_BUSY) == get(NR_WORKERS) && get(NR_WORKERS) < get(MAX_ACTIVE)) {
      // Without memory for another worker the items wait for each other, no more.
      addWorker();
    }
    work.call();
    // The item may be freed by now: only its address is used.
    worker.setCurrent(0, 0);
    set(NR_BUSY, get(NR_BUSY) - 1);
    flushWait().wakeUp();
    if (!pending().is(pending().next().next())) { // one item is this worker's own next
      workerWait().wakeUpOne();
    }
  }

  /** The first item that runs in no other worker becomes this worker's; 0 if there is none. */
  private long take(Worker worker) {
    int flags = Cpu.irqSave();
    long found = 0;
    ListHead at = pending().next();
    while (found == 0 && !pending().is(at)) {
      WorkStruct work = new WorkStruct(at.address());
      if (runningIn(work) == 0) {
        found = work.address();
      }
      at = at.next();
    }
    if (found != 0) {
      WorkStruct work = new WorkStruct(found);
      work.unqueue();
      work.countStart();
      long run = Memory.load64(address + RUNS) + 1;
      Memory.store64(address + RUNS, run);
      worker.setCurrent(found, run);
    }
    Cpu.irqRestore(flags);
    return found;
  }

  /** Number of the run in which the item is now, or 0. */
  private long runningIn(WorkStruct work) {
    ListHead at = workers().next();
    while (!workers().is(at)) {
      Worker worker = new Worker(at.address());
      if (worker.current() == work.address()) {
        return worker.run();
      }
      at = at.next();
    }
    return 0;
  }

  private long runningInSafe(WorkStruct work) {
    int flags = Cpu.irqSave();
    long run = runningIn(work);
    Cpu.irqRestore(flags);
    return run;
  }

  void waitWhileRunning(WorkStruct work) {
    waitForRun(work, runningInSafe(work));
  }

  private void waitForRun(WorkStruct work, long run) {
    if (run == 0) {
      return;
    }
    flushWait().prepareToWait(Task.UNINTERRUPTIBLE);
    while (runningInSafe(work) == run) {
      Sched.schedule();
      flushWait().prepareToWait(Task.UNINTERRUPTIBLE);
    }
    flushWait().finishWait();
  }

  void flush(WorkStruct work) {
    int starts = work.starts();
    flushWait().prepareToWait(Task.UNINTERRUPTIBLE);
    while (work.isQueued() && work.starts() == starts) {
      Sched.schedule();
      flushWait().prepareToWait(Task.UNINTERRUPTIBLE);
    }
    flushWait().finishWait();
    waitWhileRunning(work);
  }

  /** drain_workqueue: waits until nothing is queued and nothing runs. */
  public void drain() {
    flushWait().prepareToWait(Task.UNINTERRUPTIBLE);
    while (!pending().isEmpty() || get(NR_BUSY) != 0) {
      Sched.schedule();
      flushWait().prepareToWait(Task.UNINTERRUPTIBLE);
    }
    flushWait().finishWait();
  }

  /** destroy_workqueue: drains it, ends its workers, frees it. Pending timers must be cancelled. */
  public void destroy() {
    drain();
    set(STOPPING, 1);
    while (!workers().isEmpty()) {
      Worker worker = new Worker(workers().next().address());
      Kthread.stop(worker.task());
      worker.list().del();
      Slab.kfree(worker.address());
    }
    Slab.kfree(address);
  }
}
