package aerostat.guest.kernel;

import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;

/** struct notifier_block, 40 bytes: link, function, priority, data of the owner. */
public record NotifierBlock(long address) {
  /** Bytes. */
  public static final int SIZE = 40;

  private static final int FUNCTION = 16;
  private static final int PRIORITY = 24;
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

  int call(long action, long data) {
    return Ops.<NotifierFn>of(Memory.load64(address + FUNCTION)).call(this, action, data);
  }
}
