package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.Slab;

/** kernel/kthread.c: threads with stacks of 16 KiB from the page allocator. */
public final class Kthread {
  private Kthread() {}

  static final int STACK_ORDER = 2;
  private static final long STACK_SIZE = 4096L << STACK_ORDER;

  /**
   * kthread_run: makes a thread and lets it run. Its task is freed when it has ended, unless {@link
   * #get} keeps it. Null when there is no memory.
   */
  public static Task run(ThreadFn function, long data, String name) {
    return runNamed(function, data, CString.of(name));
  }

  /** {@link #run} with a name that was made at run time; 15 bytes of it count. */
  public static Task runNamed(ThreadFn function, long data, CString name) {
    Task task = create(Ops.id(function), data, name);
    if (task != null) {
      Sched.activateNew(task);
    }
    return task;
  }

  private static Task create(long function, long data, CString name) {
    long memory = Slab.kzalloc(Task.SIZE, Gfp.GFP_KERNEL);
    if (memory == 0) {
      return null;
    }
    long stack = PageAlloc.getFreePages(Gfp.GFP_KERNEL, STACK_ORDER);
    if (stack == 0) {
      Slab.kfree(memory);
      return null;
    }
    Task task = new Task(memory);
    int pid = Memory.load32(KernelData.NEXT_PID);
    Memory.store32(KernelData.NEXT_PID, pid + 1);
    task.init(name, pid);
    task.setStack(stack, STACK_SIZE);
    task.setFunction(function, data);
    Cpu.prepareContext(task.context(), memory);
    return task;
  }

  /** The first frame of every thread: interrupts are disabled, as the switch left them. */
  static void main(Task task) {
    Sched.finishSwitch();
    Cpu.irqRestore(1);
    int code = Ops.<ThreadFn>of(task.function()).run(task.data());
    exit(task, code);
  }

  private static void exit(Task task, int code) {
    task.setExitCode(code);
    Cpu.irqSave();
    task.exited().completeAll();
    task.setState(Task.DEAD);
    Sched.schedule();
  }

  /** kthread_should_stop: somebody waits for this thread to end. */
  public static boolean shouldStop() {
    return Task.current().shouldStop();
  }

  /** get_task_struct: the task stays until {@link #put}, even when the thread ends. */
  public static void get(Task task) {
    task.setUsage(task.usage() + 1);
  }

  /** put_task_struct. */
  public static void put(Task task) {
    int usage = task.usage() - 1;
    task.setUsage(usage);
    if (usage == 0) {
      Slab.kfree(task.address());
    }
  }

  /**
   * kthread_stop: asks the thread to end, wakes it, waits, and returns its exit code. A thread that
   * may end by itself must be kept with {@link #get} before.
   */
  public static int stop(Task task) {
    get(task);
    task.setShouldStop();
    Sched.wakeUp(task);
    int code = join(task);
    put(task);
    return code;
  }

  /** Waits until the thread has ended and returns its exit code; it must be kept with get. */
  public static int join(Task task) {
    task.exited().await();
    return task.exitCode();
  }
}
