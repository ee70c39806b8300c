package aerostat.bareguest;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/** Two threads that make each other anew and switch: no loop, no call, and yet no end. */
public final class SwitchGuest {
  private SwitchGuest() {}

  public static final long SWITCHES = Bare.DATA;
  private static final long CONTEXTS = Bare.DATA + 64;
  private static final long STACKS = Bare.DATA + 4096;
  private static final long STACK_SIZE = 4096;

  public static void start(long bootParams) {
    for (int i = 1; i <= 2; i++) {
      Memory.store64(context(i), STACKS + i * STACK_SIZE);
      Memory.store64(context(i) + 8, STACK_SIZE);
    }
    Cpu.prepareContext(context(1), 1);
    Cpu.switchTo(context(0), context(1));
  }

  private static long context(long thread) {
    return CONTEXTS + thread * 32;
  }

  public static void interrupt(int line) {}

  public static void thread(long argument) {
    long other = 3 - argument;
    Memory.store64(SWITCHES, Memory.load64(SWITCHES) + 1);
    Cpu.prepareContext(context(other), other);
    Cpu.switchTo(context(argument), context(other));
  }
}
