package aerostat.guest.kernel;

import aerostat.guest.machine.Memory;

/** struct wait_queue_entry: link and the task that waits. 32 bytes. */
record WaitQueueEntry(long address) {
  private static final int TASK = 16;

  void init(Task task) {
    list().init();
    Memory.store64(address + TASK, task.address());
  }

  ListHead list() {
    return new ListHead(address);
  }

  Task task() {
    return new Task(Memory.load64(address + TASK));
  }
}
