package aerostat.bareguest;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/**
 * Two threads that compute, switched by timer interrupts in the middle of anything, and a main
 * thread that sleeps between; prints what came out.
 */
public final class ThreadsGuest {
  private ThreadsGuest() {}

  private static final long TICKS = Bare.DATA;
  private static final long CURRENT = Bare.DATA + 8;
  private static final long DONE = Bare.DATA + 16;
  private static final long ROUNDS = Bare.DATA + 24;
  private static final long SUMS = Bare.DATA + 32;
  private static final long CONTEXTS = Bare.DATA + 64;
  private static final long TABLES = Bare.DATA + 4096;
  private static final long STACKS = Bare.DATA + 5 * 4096;
  private static final long STACK_SIZE = 8192;
  private static final long PERIOD = 37_000;

  public static void start(long bootParams) {
    Memory.store64(ROUNDS, Bare.argument(bootParams));
    for (int i = 1; i <= 2; i++) {
      Memory.store64(context(i), STACKS + i * STACK_SIZE);
      Memory.store64(context(i) + 8, STACK_SIZE);
      Cpu.prepareContext(context(i), i);
    }
    Cpu.setTimer(Cpu.now() + PERIOD);
    Cpu.irqRestore(1);
    while (Memory.load64(DONE) != 2) {
      Cpu.waitForInterrupt();
      Cpu.safepoint();
    }
    Cpu.irqSave();
    Bare.printLine(Memory.load64(SUMS + 8));
    Bare.printLine(Memory.load64(SUMS + 16));
    Bare.printLine(Memory.load64(TICKS));
    Bare.powerOff();
  }

  private static long context(long thread) {
    return CONTEXTS + thread * 32;
  }

  public static void interrupt(int line) {
    Memory.store64(TICKS, Memory.load64(TICKS) + 1);
    Cpu.setTimer(Cpu.now() + PERIOD);
    long from = Memory.load64(CURRENT);
    long to = (from + 1) % 3;
    Memory.store64(CURRENT, to);
    Cpu.switchTo(context(from), context(to));
  }

  public static void thread(long argument) {
    Cpu.irqRestore(1);
    long rounds = Memory.load64(ROUNDS);
    long sum = argument;
    for (long i = 0; i < rounds; i++) {
      sum = round(argument, sum, i);
    }
    int flags = Cpu.irqSave();
    Memory.store64(SUMS + argument * 8, sum);
    Memory.store64(DONE, Memory.load64(DONE) + 1);
    Cpu.irqRestore(flags);
    for (; ; ) {
      Cpu.waitForInterrupt();
      Cpu.safepoint();
    }
  }

  private static long round(long thread, long sum, long i) {
    long table = TABLES + thread * 1024;
    for (int k = 0; k < 100; k++) {
      long slot = table + (((sum >>> 3) ^ k) & 127) * 8;
      sum = sum * 31 + Memory.load64(slot) + k;
      Memory.store64(slot, sum);
    }
    double scaled = mix(sum, 0.5 * i) + deep((int) (i % 7) + 2, sum, i);
    float half = (float) (i & 15) / 2;
    int flags = Cpu.irqSave();
    Memory.store64(table + 1016, sum);
    Cpu.irqRestore(flags);
    return sum + (long) scaled + (long) half + (Cpu.random() & 0xff);
  }

  private static double mix(long sum, double scale) {
    double result = scale;
    for (int k = 0; k < 300; k++) {
      result += (sum >> (k & 31)) & 3;
    }
    return result;
  }

  private static long deep(int depth, long sum, long i) {
    return depth == 0 ? sum & 7 : deep(depth - 1, sum + 1, i) + (i ^ depth) + deep(0, sum, i);
  }
}
