package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/**
 * struct task_struct: a kernel thread. A thread's locals have no address, so what Linux puts on the
 * stack while it sleeps (wait queue entries, the time-out's timer) is part of the task.
 */
public record Task(long address) {
  /** Bytes. */
  public static final int SIZE = 320;

  // States.
  public static final int RUNNING = 0;
  public static final int INTERRUPTIBLE = 1;
  public static final int UNINTERRUPTIBLE = 2;
  static final int DEAD = 0x80;

  // Flags.
  /** The thread works to free memory: it may use all of it and does not wait for reclaim. */
  public static final int PF_MEMALLOC = 0x800;

  static final int PF_IDLE = 0x2;

  private static final int STATE = 24;
  private static final int ON_RQ = 28;
  private static final int RUN_LIST = 32;
  private static final int COMM = 48;
  private static final int COMM_LENGTH = 16;
  private static final int PID = 64;
  private static final int FLAGS = 68;
  private static final int FUNCTION = 72;
  private static final int DATA = 80;
  private static final int EXIT_CODE = 88;
  private static final int SHOULD_STOP = 92;
  private static final int USAGE = 96;
  private static final int TASKS = 104;
  private static final int WAIT = 120;
  private static final int MUTEX_WAIT = 152;
  private static final int TIMER = 184;
  private static final int EXITED = 224;
  private static final int RUN_TIME = 248;

  /** The thread that runs now. */
  public static Task current() {
    return new Task(Memory.load64(KernelData.CURRENT));
  }

  /** Whether both are the same thread. */
  public boolean same(Task other) {
    return address == other.address();
  }

  long context() {
    return address;
  }

  void setStack(long base, long size) {
    Memory.store64(address, base);
    Memory.store64(address + 8, size);
  }

  long stack() {
    return Memory.load64(address);
  }

  public int state() {
    return Memory.load32(address + STATE);
  }

  /** set_current_state, for the thread itself. */
  public void setState(int state) {
    Memory.store32(address + STATE, state);
  }

  boolean onRunQueue() {
    return Memory.load32(address + ON_RQ) != 0;
  }

  void setOnRunQueue(boolean on) {
    Memory.store32(address + ON_RQ, on ? 1 : 0);
  }

  ListHead runList() {
    return new ListHead(address + RUN_LIST);
  }

  static Task ofRunList(ListHead entry) {
    return new Task(entry.address() - RUN_LIST);
  }

  /** The name, at most 15 bytes. */
  public CString comm() {
    return new CString(address + COMM);
  }

  void setComm(CString name) {
    CString.copy(address + COMM, name, COMM_LENGTH);
  }

  public int pid() {
    return Memory.load32(address + PID);
  }

  void setPid(int pid) {
    Memory.store32(address + PID, pid);
  }

  public int flags() {
    return Memory.load32(address + FLAGS);
  }

  public void setFlags(int flags) {
    Memory.store32(address + FLAGS, flags);
  }

  boolean isIdle() {
    return (flags() & PF_IDLE) != 0;
  }

  long function() {
    return Memory.load64(address + FUNCTION);
  }

  long data() {
    return Memory.load64(address + DATA);
  }

  void setFunction(long function, long data) {
    Memory.store64(address + FUNCTION, function);
    Memory.store64(address + DATA, data);
  }

  int exitCode() {
    return Memory.load32(address + EXIT_CODE);
  }

  void setExitCode(int code) {
    Memory.store32(address + EXIT_CODE, code);
  }

  boolean shouldStop() {
    return Memory.load32(address + SHOULD_STOP) != 0;
  }

  void setShouldStop() {
    Memory.store32(address + SHOULD_STOP, 1);
  }

  int usage() {
    return Memory.load32(address + USAGE);
  }

  void setUsage(int count) {
    Memory.store32(address + USAGE, count);
  }

  /** Link in the list of all tasks. */
  ListHead tasks() {
    return new ListHead(address + TASKS);
  }

  /** The entry for wait queues. */
  WaitQueueEntry waitEntry() {
    return new WaitQueueEntry(address + WAIT);
  }

  /** The entry for mutexes, so that a wait's condition may take one. */
  WaitQueueEntry mutexEntry() {
    return new WaitQueueEntry(address + MUTEX_WAIT);
  }

  Timer timer() {
    return new Timer(address + TIMER);
  }

  static Task ofTimer(Timer timer) {
    return new Task(timer.address() - TIMER);
  }

  Completion exited() {
    return new Completion(address + EXITED);
  }

  /** ns that the thread has run. */
  public long runTime() {
    return Memory.load64(address + RUN_TIME);
  }

  void addRunTime(long ns) {
    Memory.store64(address + RUN_TIME, runTime() + ns);
  }

  /** Fills in a zeroed task. */
  void init(CString name, int pid) {
    setComm(name);
    setPid(pid);
    setUsage(1);
    waitEntry().init(this);
    mutexEntry().init(this);
    timer().setup(Sched::timeoutExpired);
    exited().init();
    int flags = Cpu.irqSave();
    new ListHead(KernelData.TASKS).addTail(tasks());
    Cpu.irqRestore(flags);
  }
}
