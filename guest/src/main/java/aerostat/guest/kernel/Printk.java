package aerostat.guest.kernel;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Io;
import aerostat.guest.machine.Memory;

/**
 * kernel/printk: a line for the log and the console. Reaches no safepoint, so it may be called
 * anywhere, interrupt handlers and bounded methods included. A string argument is cut at {@link
 * Vsprintf#MAX_STRING} bytes.
 */
public final class Printk {
  private Printk() {}

  // KERN_* levels.
  public static final int EMERG = 0;
  public static final int ALERT = 1;
  public static final int CRIT = 2;
  public static final int ERR = 3;
  public static final int WARNING = 4;
  public static final int NOTICE = 5;
  public static final int INFO = 6;
  public static final int DEBUG = 7;

  /** Most bytes of a line, the time stamp included. */
  private static final int LINE = 1024;

  private static final int DEFAULT_CONSOLE_LEVEL = 7;
  private static final int QUIET_CONSOLE_LEVEL = 4;

  static void init() {
    setConsoleLevel(DEFAULT_CONSOLE_LEVEL);
  }

  /** Lines of a level below this go to the console; the log takes all. */
  public static void setConsoleLevel(int level) {
    Memory.store32(KernelData.CONSOLE_LEVEL, level);
  }

  /** The parameters {@code quiet}, {@code debug} and {@code loglevel=n}. */
  static void setUpFromParams() {
    if (Params.has("quiet")) {
      setConsoleLevel(QUIET_CONSOLE_LEVEL);
    }
    if (Params.has("debug")) {
      setConsoleLevel(10);
    }
    long level = Params.number("loglevel", -1);
    if (level >= 0) {
      setConsoleLevel((int) Math.min(Math.max(level, 1), 15));
    }
  }

  @Bounded(1)
  public static void pr(int level, String format) {
    vprintk(level, format, 0, 0, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void pr(int level, String format, long a) {
    vprintk(level, format, a, 0, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void pr(int level, String format, long a, long b) {
    vprintk(level, format, a, b, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void pr(int level, String format, long a, long b, long c) {
    vprintk(level, format, a, b, c, 0, 0, 0);
  }

  @Bounded(1)
  public static void pr(int level, String format, long a, long b, long c, long d) {
    vprintk(level, format, a, b, c, d, 0, 0);
  }

  @Bounded(1)
  public static void pr(int level, String format, long a, long b, long c, long d, long e) {
    vprintk(level, format, a, b, c, d, e, 0);
  }

  @Bounded(1)
  public static void pr(int level, String format, long a, long b, long c, long d, long e, long f) {
    vprintk(level, format, a, b, c, d, e, f);
  }

  @Bounded(1)
  public static void info(String format) {
    vprintk(INFO, format, 0, 0, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void info(String format, long a) {
    vprintk(INFO, format, a, 0, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void info(String format, long a, long b) {
    vprintk(INFO, format, a, b, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void info(String format, long a, long b, long c) {
    vprintk(INFO, format, a, b, c, 0, 0, 0);
  }

  @Bounded(1)
  public static void info(String format, long a, long b, long c, long d) {
    vprintk(INFO, format, a, b, c, d, 0, 0);
  }

  @Bounded(1)
  public static void info(String format, long a, long b, long c, long d, long e) {
    vprintk(INFO, format, a, b, c, d, e, 0);
  }

  @Bounded(1)
  public static void info(String format, long a, long b, long c, long d, long e, long f) {
    vprintk(INFO, format, a, b, c, d, e, f);
  }

  @Bounded(1)
  public static void warn(String format) {
    vprintk(WARNING, format, 0, 0, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void warn(String format, long a) {
    vprintk(WARNING, format, a, 0, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void warn(String format, long a, long b) {
    vprintk(WARNING, format, a, b, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void warn(String format, long a, long b, long c) {
    vprintk(WARNING, format, a, b, c, 0, 0, 0);
  }

  @Bounded(1)
  public static void err(String format) {
    vprintk(ERR, format, 0, 0, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void err(String format, long a) {
    vprintk(ERR, format, a, 0, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void err(String format, long a, long b) {
    vprintk(ERR, format, a, b, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void err(String format, long a, long b, long c) {
    vprintk(ERR, format, a, b, c, 0, 0, 0);
  }

  @Bounded(1)
  public static void debug(String format) {
    vprintk(DEBUG, format, 0, 0, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void debug(String format, long a) {
    vprintk(DEBUG, format, a, 0, 0, 0, 0, 0);
  }

  @Bounded(1)
  public static void debug(String format, long a, long b) {
    vprintk(DEBUG, format, a, b, 0, 0, 0, 0);
  }

  @Bounded(1)
  private static void vprintk(
      int level, String format, long a, long b, long c, long d, long e, long f) {
    long line = KernelData.PRINTK_LINE;
    long us = Cpu.now() / 1000;
    int stamp = Vsprintf.stamp(line, us / 1_000_000, us % 1_000_000);
    int length =
        stamp + Vsprintf.snprintf(line + stamp, LINE - stamp, Cpu.string(format), a, b, c, d, e, f);
    log(line, length);
    if (level < Memory.load32(KernelData.CONSOLE_LEVEL)) {
      console(line, length);
    }
  }

  @Bounded(1)
  private static void console(long line, int length) {
    if (Memory.load64(KernelData.BOOT_PARAMS) == 0) {
      return;
    }
    long base = KernelData.bootParams().consoleBase();
    Io.writel((int) line, base + 4);
    Io.writel((int) (line >>> 32), base + 8);
    Io.writel(length, base + 12);
  }

  /** Appends to the ring; old bytes give way. */
  @Bounded(1)
  private static void log(long line, int length) {
    long end = Memory.load64(KernelData.LOG_END);
    int at = (int) (end & (KernelData.LOG_SIZE - 1));
    int first = Math.min(length, KernelData.LOG_SIZE - at);
    Memory.copyBlock(KernelData.LOG + at, line, first);
    Memory.copyBlock(KernelData.LOG, line + first, length - first);
    Memory.store64(KernelData.LOG_END, end + length);
  }
}
