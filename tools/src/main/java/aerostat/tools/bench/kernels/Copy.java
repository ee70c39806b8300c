package aerostat.tools.bench.kernels;

import aerostat.guest.machine.Memory;

/** A guest that copies the lower half of its free memory to the upper half, for ever. */
public final class Copy {
  private Copy() {}

  public static void start(long bootParams) {
    long end = Memory.load64(bootParams + 16);
    long first = Memory.load64(bootParams + 24);
    long length = (end - first) / 2 & -4096L;
    long counter = bootParams + 4088;
    Memory.fill(first, 2 * length, 0x5a);
    long i = 0;
    for (; ; ) {
      i++;
      Memory.store64(counter, i);
      Memory.copy(first + length, first, length);
    }
  }

  /** Never called: the guest leaves interrupts disabled. */
  public static void interrupt(int line) {}

  /** Never called: the guest makes no thread. */
  public static void thread(long argument) {}
}
