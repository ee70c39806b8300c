package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.PageAlloc;

/**
 * kernel/sched: round robin with time slices. A thread that wakes goes to the head of the queue and
 * takes the CPU once the running thread has had it for {@link #GRANULARITY}, so that drivers do not
 * wait behind those who compute. There is no tick while nobody else wants the CPU.
 */
public final class Sched {
  private Sched() {}

  /** ns that a thread runs while others wait. */
  static final long SLICE = 4_000_000;

  /** ns that a thread runs at least before one that wakes may take its place. */
  static final long GRANULARITY = 500_000;

  /**
   * So many threads that woke go to the head of the queue without a preemption in between, then one
   * to its end: two that wake each other for ever must not starve the rest.
   */
  private static final int MAX_STREAK = 8;

  /** Makes the caller, which runs on the boot stack, the idle task. */
  static void init() {
    new ListHead(KernelData.RUN_QUEUE).init();
    new ListHead(KernelData.TASKS).init();
    Task idle = new Task(KernelData.INIT_TASK);
    BootParams boot = KernelData.bootParams();
    idle.setStack(boot.stackBase(), boot.stackSize());
    idle.init(CString.of("swapper"), 0);
    idle.setFlags(Task.PF_IDLE);
    idle.setOnRunQueue(true);
    Memory.store64(KernelData.IDLE_TASK, idle.address());
    Memory.store64(KernelData.CURRENT, idle.address());
    Memory.store32(KernelData.NEXT_PID, 1);
    Memory.store64(KernelData.SLICE_LENGTH, SLICE);
    Clock.init();
  }

  private static ListHead runQueue() {
    return new ListHead(KernelData.RUN_QUEUE);
  }

  private static int waiting() {
    return Memory.load32(KernelData.RUN_QUEUE_LENGTH);
  }

  private static void setWaiting(int n) {
    Memory.store32(KernelData.RUN_QUEUE_LENGTH, n);
  }

  static boolean needResched() {
    return Memory.load32(KernelData.NEED_RESCHED) != 0;
  }

  private static void setNeedResched() {
    Memory.store32(KernelData.NEED_RESCHED, 1);
    if (!Preempt.inInterrupt()) {
      Clock.fireNow();
    }
  }

  /** When the running thread's slice ends, ns; {@link Long#MAX_VALUE} if nobody waits. */
  static long sliceEnd() {
    if (waiting() == 0 || Task.current().isIdle()) {
      return Long.MAX_VALUE;
    }
    return Memory.load64(KernelData.SLICE_START) + Memory.load64(KernelData.SLICE_LENGTH);
  }

  /** The timer interrupt's part: ends a slice. */
  static void tick(long now) {
    if (now >= sliceEnd()) {
      Memory.store32(KernelData.NEED_RESCHED, 1);
      // Until the thread can be preempted the slice is prolonged, or the line would stay high.
      restartSlice(Task.current(), now);
    }
  }

  /** wake_up_process: returns whether the thread slept. Any context. */
  public static boolean wakeUp(Task task) {
    int flags = Cpu.irqSave();
    int state = task.state();
    boolean slept = state == Task.INTERRUPTIBLE || state == Task.UNINTERRUPTIBLE;
    if (slept) {
      task.setState(Task.RUNNING);
      if (!task.onRunQueue()) {
        activate(task);
      }
    }
    Cpu.irqRestore(flags);
    return slept;
  }

  private static void activate(Task task) {
    task.setOnRunQueue(true);
    setWaiting(waiting() + 1);
    int streak = Memory.load32(KernelData.WAKE_STREAK);
    if (streak < MAX_STREAK) {
      Memory.store32(KernelData.WAKE_STREAK, streak + 1);
      runQueue().add(task.runList());
      Memory.store64(KernelData.SLICE_LENGTH, GRANULARITY);
    } else {
      Memory.store32(KernelData.WAKE_STREAK, 0);
      runQueue().addTail(task.runList());
    }
    if (Task.current().isIdle() || Cpu.now() >= sliceEnd()) {
      setNeedResched();
    } else {
      Clock.program();
    }
  }

  /** A new thread's first place in the queue: the last. */
  static void activateNew(Task task) {
    int flags = Cpu.irqSave();
    task.setOnRunQueue(true);
    runQueue().addTail(task.runList());
    setWaiting(waiting() + 1);
    if (Task.current().isIdle()) {
      setNeedResched();
    } else {
      Clock.program();
    }
    Cpu.irqRestore(flags);
  }

  /** schedule: gives up the CPU; sleeps unless the state is still {@link Task#RUNNING}. */
  public static void schedule() {
    int flags = Cpu.irqSave();
    switchAway(false);
    Cpu.irqRestore(flags);
  }

  /** yield and cond_resched: lets others run, if there are any. */
  public static void yieldCpu() {
    if (waiting() != 0) {
      int flags = Cpu.irqSave();
      switchAway(true);
      Cpu.irqRestore(flags);
    }
  }

  /** At the end of an interrupt: preempts the thread that was interrupted, if it is time. */
  static void preemptIrq() {
    if (needResched() && Preempt.count() == 0) {
      switchAway(true);
    }
  }

  /**
   * Interrupts are disabled. With {@code preempt} the thread stays runnable, whatever its state.
   */
  private static void switchAway(boolean preempt) {
    if (Preempt.count() != 0) {
      Task task = Task.current();
      Printk.pr(
          Printk.ERR,
          "BUG: scheduling while atomic: %s/%d/0x%08x\n",
          task.comm().address(),
          task.pid(),
          Preempt.count());
      Panic.panic("scheduling while atomic");
    }
    Memory.store32(KernelData.NEED_RESCHED, 0);
    Task prev = Task.current();
    if (!prev.isIdle()) {
      leave(prev, preempt);
    }
    Task next = pickNext();
    long now = Cpu.now();
    restartSlice(prev, now);
    Memory.store64(KernelData.CURRENT, next.address());
    Clock.program();
    if (!next.same(prev)) {
      Memory.store64(KernelData.CONTEXT_SWITCHES, Memory.load64(KernelData.CONTEXT_SWITCHES) + 1);
      Cpu.switchTo(prev.context(), next.context());
      finishSwitch();
    }
  }

  private static void restartSlice(Task task, long now) {
    task.addRunTime(now - Memory.load64(KernelData.SLICE_START));
    Memory.store64(KernelData.SLICE_START, now);
    Memory.store64(KernelData.SLICE_LENGTH, SLICE);
  }

  private static void leave(Task prev, boolean preempt) {
    if (preempt) {
      // Others than those who woke have had the CPU.
      Memory.store32(KernelData.WAKE_STREAK, 0);
    }
    if (preempt || prev.state() == Task.RUNNING) {
      runQueue().addTail(prev.runList());
      setWaiting(waiting() + 1);
    } else {
      prev.setOnRunQueue(false);
      if (prev.state() == Task.DEAD) {
        Memory.store64(KernelData.DEAD_TASK, prev.address());
      }
    }
  }

  private static Task pickNext() {
    ListHead queue = runQueue();
    if (queue.isEmpty()) {
      return new Task(Memory.load64(KernelData.IDLE_TASK));
    }
    ListHead first = queue.next();
    first.del();
    setWaiting(waiting() - 1);
    return Task.ofRunList(first);
  }

  /** finish_task_switch: on the new thread's stack, frees that of a thread that has ended. */
  static void finishSwitch() {
    long dead = Memory.load64(KernelData.DEAD_TASK);
    if (dead != 0) {
      Memory.store64(KernelData.DEAD_TASK, 0);
      Task task = new Task(dead);
      task.tasks().del();
      PageAlloc.freePagesAt(task.stack(), Kthread.STACK_ORDER);
      Kthread.put(task);
    }
  }

  static void timeoutExpired(Timer timer) {
    wakeUp(Task.ofTimer(timer));
  }

  /**
   * schedule_timeout: sleeps in the state that was set, at most this long.
   *
   * @param jiffies {@link Jiffies#MAX_SCHEDULE_TIMEOUT} for no limit
   * @return jiffies that were left, 0 when the time was over
   */
  public static long scheduleTimeout(long jiffies) {
    if (jiffies == Jiffies.MAX_SCHEDULE_TIMEOUT) {
      schedule();
      return jiffies;
    }
    Timer timer = Task.current().timer();
    long expires = Jiffies.now() + jiffies;
    timer.mod(expires);
    schedule();
    timer.delete();
    return Math.max(expires - Jiffies.now(), 0);
  }

  /** msleep. */
  public static void msleep(long ms) {
    // One more tick, since the present one has begun already.
    long left = Jiffies.ofMillis(ms) + 1;
    while (left > 0) {
      Task.current().setState(Task.UNINTERRUPTIBLE);
      left = scheduleTimeout(left);
    }
  }
}
