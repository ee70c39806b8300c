package aerostat.guest.kernel;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/**
 * The kernel command line (kernel/params.c): words of the form {@code name} or {@code name=value},
 * quotes around blanks, {@code -} and {@code _} alike in names. Code looks a parameter up where it
 * is needed; words that nobody has looked up are reported by {@link #reportUnknown}.
 */
public final class Params {
  private Params() {}

  private static final int MAX_LINE = 2047;
  private static final int ENTRY = 24;
  private static final int VALUE = 8;
  private static final int USED = 16;
  private static final int MAX_PARAMS = 128;

  /** Copies the command line and cuts it into words. */
  static void parse(CString line, long length) {
    int n = (int) Math.max(Math.min(length, MAX_LINE), 0);
    copyLine(line, n);
    print(n);
    cut(n);
  }

  /** Bytes that are no text become blanks. */
  @Bounded(MAX_LINE)
  private static void copyLine(CString line, int length) {
    for (int i = 0; i < length; i++) {
      int c = line.at(i);
      Memory.store8(KernelData.COMMAND_LINE + i, c < ' ' ? ' ' : c);
    }
    Memory.store8(KernelData.COMMAND_LINE + length, 0);
  }

  /** print_kernel_cmdline: in pieces of what a log line takes. */
  private static void print(int length) {
    Printk.info("Command line: %s\n", KernelData.COMMAND_LINE);
    for (int at = Vsprintf.MAX_STRING; at < length; at += Vsprintf.MAX_STRING) {
      Printk.info("              %s\n", KernelData.COMMAND_LINE + at);
    }
  }

  /** next_arg, over the whole line and in place: quotes vanish, ends become NUL. */
  private static void cut(int length) {
    long to = KernelData.COMMAND_LINE;
    long word = 0;
    long value = 0;
    boolean quoted = false;
    for (int i = 0; i <= length; i++) {
      int c = Memory.load8(KernelData.COMMAND_LINE + i);
      boolean end = c == 0 || (c == ' ' && !quoted);
      if (end && word != 0) {
        Memory.store8(to++, 0);
        add(word, value);
        word = 0;
      } else if (!end) {
        if (word == 0) {
          word = to;
          value = 0;
        }
        if (c == '"') {
          quoted = !quoted;
        } else if (c == '=' && value == 0) {
          Memory.store8(to++, 0);
          value = to;
        } else {
          Memory.store8(to++, c);
        }
      }
    }
  }

  private static void add(long name, long value) {
    int n = count();
    if (n == MAX_PARAMS) {
      Printk.warn("Too many kernel command line parameters, `%s' ignored\n", name);
      return;
    }
    Memory.store64(entry(n), name);
    Memory.store64(entry(n) + VALUE, value);
    Memory.store64(entry(n) + USED, 0);
    Memory.store32(KernelData.PARAM_COUNT, n + 1);
  }

  private static int count() {
    return Memory.load32(KernelData.PARAM_COUNT);
  }

  private static long entry(int index) {
    return KernelData.PARAM_TABLE + (long) index * ENTRY;
  }

  private static CString name(int index) {
    return new CString(Memory.load64(entry(index)));
  }

  private static int fold(int c) {
    return c == '-' ? '_' : c;
  }

  /** parameq. */
  @Bounded(MAX_LINE + 1)
  private static boolean sameName(CString a, CString b) {
    int i = 0;
    while (fold(a.at(i)) == fold(b.at(i))) {
      if (a.at(i) == 0) {
        return true;
      }
      i++;
    }
    return false;
  }

  /** The index of the first word of this name from {@code from} on, or -1. It counts as known. */
  public static int find(String name, int from) {
    CString wanted = CString.of(name);
    int n = count();
    for (int i = from; i < n; i++) {
      if (sameName(name(i), wanted)) {
        Memory.store64(entry(i) + USED, 1);
        return i;
      }
    }
    return -1;
  }

  /** The value of the word at an index that {@link #find} gave; null if it has none. */
  public static CString valueAt(int index) {
    long value = Memory.load64(entry(index) + VALUE);
    return value == 0 ? null : new CString(value);
  }

  /** Whether a word of this name is there, with or without a value. */
  public static boolean has(String name) {
    return last(name) >= 0;
  }

  /** The last one wins; all of them count as known. */
  private static int last(String name) {
    int found = -1;
    int at = find(name, 0);
    while (at >= 0) {
      found = at;
      at = find(name, at + 1);
    }
    return found;
  }

  /** The value of a parameter, null if it is not there or has none. The last one wins. */
  public static CString get(String name) {
    int at = last(name);
    return at < 0 ? null : valueAt(at);
  }

  /**
   * A number or size: decimal, 0x hexadecimal or 0 octal, with a suffix K, M, G or T. A bad value
   * is reported and {@code fallback} holds.
   */
  public static long number(String name, long fallback) {
    int at = last(name);
    if (at < 0) {
      return fallback;
    }
    CString value = valueAt(at);
    long end = value == null ? 0 : NumberParser.skip(value);
    if (value == null || end == value.address() || Memory.load8(end) != 0) {
      invalid(name(at), value);
      return fallback;
    }
    return NumberParser.value(value);
  }

  /** {@link #number(String, long)} brought into a range: {@code min} to {@code max}. */
  public static long number(String name, long fallback, long min, long max) {
    return Math.min(Math.max(number(name, fallback), min), max);
  }

  /** A switch: the bare name, y, yes, on, 1 or n, no, off, 0. A bad value is reported. */
  public static boolean flag(String name, boolean fallback) {
    int at = last(name);
    if (at < 0) {
      return fallback;
    }
    CString value = valueAt(at);
    if (value == null || value.is("1") || value.is("y") || value.is("yes") || value.is("on")) {
      return true;
    }
    if (value.is("0") || value.is("n") || value.is("no") || value.is("off")) {
      return false;
    }
    invalid(name(at), value);
    return fallback;
  }

  /** Says that the value of this parameter, which is there, cannot be. */
  public static void invalid(String name) {
    invalid(CString.of(name), get(name));
  }

  /** Linux's words for a value that a parameter cannot have. */
  public static void invalid(CString name, CString value) {
    if (value == null) {
      Printk.err("Missing argument for parameter `%s'\n", name.address());
    } else {
      Printk.err("`%s' invalid for parameter `%s'\n", value.address(), name.address());
    }
  }

  /** Says which words nobody has looked up, when drivers and workloads have begun. */
  static void reportUnknown() {
    int n = count();
    for (int i = 0; i < n; i++) {
      if (Memory.load64(entry(i) + USED) == 0) {
        CString value = valueAt(i);
        if (value == null) {
          Printk.pr(
              Printk.NOTICE,
              "Unknown kernel command line parameters \"%s\", ignored\n",
              name(i).address());
        } else {
          Printk.pr(
              Printk.NOTICE,
              "Unknown kernel command line parameters \"%s=%s\", ignored\n",
              name(i).address(),
              value.address());
        }
      }
    }
  }
}
