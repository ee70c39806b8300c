package aerostat.guest.kernel;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/**
 * lib/vsprintf.c for up to six arguments of type long: {@code %d %i %u %x %X %c %s %p %%} with
 * flags {@code - 0 #}, a width, and the lengths {@code h hh l ll z}. Without a length an integer is
 * 32 bits wide. {@code %s} takes an address of NUL-ended bytes, {@code %p} prints 16 hexadecimal
 * digits. What it does not know it prints as it stands.
 */
public final class Vsprintf {
  private Vsprintf() {}

  private static final int LEFT = 1;
  private static final int ZERO = 2;
  private static final int ALTERNATE = 4;
  private static final int UPPER = 8;
  private static final int SIGNED = 16;

  /** Longest string that {@code %s} prints, bytes. */
  private static final int MAX_STRING = 1024;

  /**
   * snprintf: writes at most {@code size - 1} bytes and a NUL (none if size is 0).
   *
   * @param format address of the format
   * @return bytes written without the NUL
   */
  public static int snprintf(
      long buffer, int size, long format, long a, long b, long c, long d, long e, long f) {
    if (size <= 0) {
      return 0;
    }
    long at = buffer;
    long end = buffer + size - 1;
    long from = format;
    int argument = 0;
    int ch = Memory.load8(from);
    while (ch != 0) {
      from++;
      if (ch != '%') {
        at = put(at, end, ch);
      } else {
        long begin = from - 1;
        int flags = 0;
        ch = Memory.load8(from);
        while (ch == '-' || ch == '0' || ch == '#') {
          flags |= ch == '-' ? LEFT : ch == '0' ? ZERO : ALTERNATE;
          from++;
          ch = Memory.load8(from);
        }
        int width = 0;
        while (ch >= '0' && ch <= '9') {
          width = Math.min(width * 10 + ch - '0', MAX_STRING);
          from++;
          ch = Memory.load8(from);
        }
        boolean wide = false;
        while (ch == 'l' || ch == 'h' || ch == 'z') {
          wide |= ch != 'h';
          from++;
          ch = Memory.load8(from);
        }
        long value = pick(argument, a, b, c, d, e, f);
        from++;
        argument++;
        switch (ch) {
          case 'd', 'i' ->
              at = number(at, end, wide ? value : (int) value, 10, width, flags | SIGNED);
          case 'u' -> at = number(at, end, wide ? value : value & 0xffff_ffffL, 10, width, flags);
          case 'x' -> at = number(at, end, wide ? value : value & 0xffff_ffffL, 16, width, flags);
          case 'X' ->
              at = number(at, end, wide ? value : value & 0xffff_ffffL, 16, width, flags | UPPER);
          case 'p' -> at = number(at, end, value, 16, 16, ZERO);
          case 'c' -> at = put(at, end, (int) value & 0xff);
          case 's' -> at = string(at, end, value, width, flags);
          case '%' -> {
            at = put(at, end, '%');
            argument--;
          }
          default -> {
            // Unknown: the conversion itself, as far as it was read.
            argument--;
            if (ch == 0) {
              from--;
            }
            at = raw(at, end, begin, from);
          }
        }
      }
      ch = Memory.load8(from);
    }
    Memory.store8(at, 0);
    return (int) (at - buffer);
  }

  private static long pick(int index, long a, long b, long c, long d, long e, long f) {
    return switch (index) {
      case 0 -> a;
      case 1 -> b;
      case 2 -> c;
      case 3 -> d;
      case 4 -> e;
      case 5 -> f;
      default -> 0;
    };
  }

  private static long put(long at, long end, int ch) {
    if (at < end) {
      Memory.store8(at, ch);
      return at + 1;
    }
    return at;
  }

  @Bounded(4096)
  private static long raw(long at, long end, long from, long to) {
    long p = at;
    for (long q = from; q < to; q++) {
      p = put(p, end, Memory.load8(q));
    }
    return p;
  }

  @Bounded(1024)
  private static long pad(long at, long end, int ch, int count) {
    long p = at;
    for (int i = 0; i < count; i++) {
      p = put(p, end, ch);
    }
    return p;
  }

  @Bounded(64)
  private static int digits(long value, int base) {
    int n = 1;
    long rest = Long.divideUnsigned(value, base);
    while (rest != 0) {
      n++;
      rest = Long.divideUnsigned(rest, base);
    }
    return n;
  }

  private static long number(long at, long end, long value, int base, int width, int flags) {
    boolean negative = (flags & SIGNED) != 0 && value < 0;
    long magnitude = negative ? -value : value;
    int count = digits(magnitude, base);
    int prefix = negative ? 1 : (flags & ALTERNATE) != 0 && base == 16 ? 2 : 0;
    int fill = Math.max(width - count - prefix, 0);
    long p = at;
    if ((flags & (LEFT | ZERO)) == 0) {
      p = pad(p, end, ' ', fill);
    }
    if (negative) {
      p = put(p, end, '-');
    } else if (prefix == 2) {
      p = put(put(p, end, '0'), end, 'x');
    }
    if ((flags & (LEFT | ZERO)) == ZERO) {
      p = pad(p, end, '0', fill);
    }
    p = putDigits(p, end, magnitude, base, count, flags);
    return (flags & LEFT) != 0 ? pad(p, end, ' ', fill) : p;
  }

  /** The digits, last one first, each to its place; those beyond the end are dropped. */
  @Bounded(64)
  private static long putDigits(long at, long end, long value, int base, int count, int flags) {
    long rest = value;
    for (int i = count - 1; i >= 0; i--) {
      int digit = (int) Long.remainderUnsigned(rest, base);
      rest = Long.divideUnsigned(rest, base);
      if (at + i < end) {
        int letter = (flags & UPPER) != 0 ? 'A' : 'a';
        Memory.store8(at + i, digit < 10 ? '0' + digit : letter + digit - 10);
      }
    }
    return Math.min(at + count, end);
  }

  @Bounded(2048)
  private static long string(long at, long end, long text, int width, int flags) {
    long from = text == 0 ? CString.of("(null)").address() : text;
    int length = 0;
    while (length < MAX_STRING && Memory.load8(from + length) != 0) {
      length++;
    }
    long p = at;
    if ((flags & LEFT) == 0) {
      p = pad(p, end, ' ', width - length);
    }
    p = raw(p, end, from, from + length);
    return (flags & LEFT) != 0 ? pad(p, end, ' ', width - length) : p;
  }
}
