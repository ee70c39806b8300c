package aerostat.guest.machine;

import aerostat.guest.plain.PlainMachine;

/** The processor: time, interrupts, threads, the end of the world. */
public final class Cpu {
  private Cpu() {}

  /** Monotonic ns since boot; never steps back, not even over a migration. */
  @Intrinsic
  public static long now() {
    return PlainMachine.now();
  }

  /** Wall clock, ns since 1970 (real mode), or a constant plus now() (deterministic mode). */
  @Intrinsic
  public static long wallClock() {
    return PlainMachine.wallClock();
  }

  /**
   * Raises interrupt line 0 once {@code now() >= deadline}; Long.MAX_VALUE disarms. Lowers the line
   * until then.
   */
  @Intrinsic
  public static void setTimer(long deadline) {
    PlainMachine.setTimer(deadline);
  }

  /** Disables interrupts; returns 1 if they were enabled, else 0 (local_irq_save). */
  @Intrinsic
  public static int irqSave() {
    return PlainMachine.irqSave();
  }

  /**
   * Enables interrupts when {@code flags} is 1 (local_irq_restore); a pending one is taken at the
   * next safepoint.
   */
  @Intrinsic
  public static void irqRestore(int flags) {
    PlainMachine.irqRestore(flags);
  }

  /** 1 if interrupts are enabled. */
  @Intrinsic
  public static int irqsEnabled() {
    return PlainMachine.irqsEnabled();
  }

  /** Sleeps until an interrupt line is high, whether or not interrupts are enabled. A safepoint. */
  @Intrinsic
  public static void waitForInterrupt() {
    PlainMachine.waitForInterrupt();
  }

  /** An explicit safepoint: a pending interrupt is taken here at the latest. */
  @Intrinsic
  public static void safepoint() {
    PlainMachine.safepoint();
  }

  /**
   * Bytes of a stack context: +0 stack base, +8 stack size in bytes, +16 used bytes (machine's).
   */
  public static final int CONTEXT_SIZE = 24;

  /**
   * Makes {@code context} (base and size filled in) a thread that will run the image's {@code
   * thread(long)} with {@code argument}.
   */
  @Intrinsic
  public static void prepareContext(long context, long argument) {
    PlainMachine.prepareContext(context, argument);
  }

  /**
   * Leaves the current stack, described by {@code from}, and goes on on {@code to}. A safepoint.
   */
  @Intrinsic
  public static void switchTo(long from, long to) {
    PlainMachine.switchTo(from, to);
  }

  /** Ends the guest with this message and a backtrace. Does not return. */
  @Intrinsic
  public static void panic(String message) {
    PlainMachine.panic(message);
  }

  /** Address of a constant string's bytes: a 32-bit length at -4, then Latin-1 bytes. */
  @Intrinsic
  public static long string(String constant) {
    return PlainMachine.string(constant);
  }

  /** A random number from the machine's seeded generator, whose state moves with the guest. */
  @Intrinsic
  public static long random() {
    return PlainMachine.random();
  }
}
