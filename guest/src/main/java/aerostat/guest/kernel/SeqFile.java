package aerostat.guest.kernel;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/**
 * fs/seq_file.c in small: a line that is made in pieces and then goes to the log. Between the first
 * piece and {@link #end} no other thread may run: no safepoint, or interrupts disabled.
 */
public final class SeqFile {
  private SeqFile() {}

  private static final int LINE = Vsprintf.MAX_STRING;

  @Bounded(1)
  public static void begin() {
    Memory.store32(KernelData.SEQ_LENGTH, 0);
  }

  /** seq_printf: appends; what is beyond 255 bytes is lost. */
  @Bounded(1)
  public static void add(String format, long a, long b) {
    int length = Memory.load32(KernelData.SEQ_LENGTH);
    length +=
        Vsprintf.snprintf(
            KernelData.SEQ_LINE + length, LINE - length, Cpu.string(format), a, b, 0, 0, 0, 0);
    Memory.store32(KernelData.SEQ_LENGTH, length);
  }

  /** Logs the line. */
  @Bounded(1)
  public static void end(int level) {
    Printk.pr(level, "%s\n", KernelData.SEQ_LINE);
  }
}
