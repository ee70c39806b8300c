package aerostat.bareguest;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/** Recurses on the largest stack until the machine ends it. */
public final class DeepGuest {
  private DeepGuest() {}

  public static final long DEPTH = Bare.DATA;
  public static final long STACK_SIZE = 64 << 10;
  private static final long FROM = Bare.DATA + 64;
  private static final long TO = Bare.DATA + 128;

  public static void start(long bootParams) {
    Memory.store64(TO, Bare.DATA + 4096);
    Memory.store64(TO + 8, STACK_SIZE);
    Cpu.prepareContext(TO, 1);
    Cpu.switchTo(FROM, TO);
  }

  public static void interrupt(int line) {}

  public static void thread(long argument) {
    deeper();
  }

  private static void deeper() {
    Memory.store64(DEPTH, Memory.load64(DEPTH) + 1);
    deeper();
    Memory.mb();
  }
}
