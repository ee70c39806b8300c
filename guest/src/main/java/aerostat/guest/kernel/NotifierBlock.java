package aerostat.guest.kernel;

import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;

/** struct notifier_block, 40 bytes: link, function, priority, data of the owner. */
public record NotifierBlock(long address) {
  /** Bytes. */
  public static final int SIZE = 40;

  private static final int FUNCTION = 16;
  private static final int PRIORITY = 24;
  private static final int CALLS = 28;
  private static final int DATA = 32;

  /** Fills in; blocks of a higher priority are called first. */
  public void setup(NotifierFn function, int priority, long data) {
    Memory.store64(address + FUNCTION, Ops.id(function));
    Memory.store32(address + PRIORITY, priority);
    Memory.store64(address + DATA, data);
  }

  int priority() {
    return Memory.load32(address + PRIORITY);
  }

  /** The owner's word. */
  public long data() {
    return Memory.load64(address + DATA);
  }

  /** Calls under way; the block stays linked as long. */
  int calls() {
    return Memory.load32(address + CALLS);
  }

  void addCalls(int n) {
    Memory.store32(address + CALLS, calls() + n);
  }

  /** No call begins any more. */
  void retire() {
    Memory.store64(address + FUNCTION, 0);
  }

  int call(long action, long data) {
    if (Memory.load64(address + FUNCTION) == 0) {
      return NotifierHead.DONE;
    }
    return Ops.<NotifierFn>of(Memory.load64(address + FUNCTION)).call(this, action, data);
  }
}
