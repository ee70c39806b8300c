package aerostat.tools.bench.kernels;

import aerostat.guest.machine.Memory;

/** A guest that counts for ever. */
public final class Spin {
  private Spin() {}

  public static void start(long bootParams) {
    long counter = bootParams + 4088;
    long i = 0;
    for (; ; ) {
      i++;
      Memory.store64(counter, i);
    }
  }

  /** Never called: the guest leaves interrupts disabled. */
  public static void interrupt(int line) {}

  /** Never called: the guest makes no thread. */
  public static void thread(long argument) {}
}
