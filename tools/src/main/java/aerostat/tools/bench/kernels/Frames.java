package aerostat.tools.bench.kernels;

import aerostat.guest.machine.Cpu;

/** Ten frames above each other, the innermost at a safepoint; each has something to keep. */
public final class Frames {
  private Frames() {}

  /** How many frames a stop in {@link #first} finds. */
  public static final int DEPTH = 10;

  public static long first(long x) {
    return second(x + 1) + x;
  }

  private static long second(long x) {
    return third(x * 3) ^ x;
  }

  private static long third(long x) {
    return fourth(x + 3) + x;
  }

  private static long fourth(long x) {
    return fifth(x * 5) ^ x;
  }

  private static long fifth(long x) {
    return sixth(x + 5) + x;
  }

  private static long sixth(long x) {
    return seventh(x * 7) ^ x;
  }

  private static long seventh(long x) {
    return eighth(x + 7) + x;
  }

  private static long eighth(long x) {
    return ninth(x * 9) ^ x;
  }

  private static long ninth(long x) {
    return tenth(x + 9) + x;
  }

  private static long tenth(long x) {
    Cpu.safepoint();
    return x * 11;
  }
}
