package aerostat.guest.kernel;

import aerostat.guest.machine.Memory;

/** A worker of a work queue, 48 bytes: link, the work that it runs and the run's number. */
record Worker(long address) {
  static final int SIZE = 48;

  private static final int CURRENT = 16;
  private static final int RUN = 24;
  private static final int QUEUE = 32;
  private static final int TASK = 40;

  ListHead list() {
    return new ListHead(address);
  }

  /** Address of the work that it runs, or 0. */
  long current() {
    return Memory.load64(address + CURRENT);
  }

  void setCurrent(long work, long run) {
    Memory.store64(address + CURRENT, work);
    Memory.store64(address + RUN, run);
  }

  long run() {
    return Memory.load64(address + RUN);
  }

  Workqueue queue() {
    return new Workqueue(Memory.load64(address + QUEUE));
  }

  void setQueue(Workqueue queue) {
    Memory.store64(address + QUEUE, queue.address());
  }

  Task task() {
    return new Task(Memory.load64(address + TASK));
  }

  void setTask(Task task) {
    Memory.store64(address + TASK, task.address());
  }
}
