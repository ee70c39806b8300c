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
  private static final int WIDE = 8;
  private static final int FLAGS = 15;

  // What a conversion says before its letter: flags in bits 0..3, width from bit 8, length from bit
  // 16.
  private static final int WIDTH_SHIFT = 8;
  private static final int LENGTH_SHIFT = 16;

  /** Widest field, bytes. */
  private static final int MAX_WIDTH = 64;

  /** Longest string that {@code %s} prints, and longest literal piece, bytes. */
  static final int MAX_STRING = 256;

  /** Most pieces of a format: conversions and what stands between them. */
  private static final int MAX_PIECES = 24;

  /**
   * snprintf: writes at most {@code size - 1} bytes and a NUL (none if size is 0). The bounds are
   * tight so that the machine knows that a message cannot take long.
   *
   * @param format address of the format
   * @return bytes written without the NUL
   */
  @Bounded(MAX_PIECES)
  public static int snprintf(
      long buffer, int size, long format, long a, long b, long c, long d, long e, long f) {
    if (size <= 0) {
      return 0;
    }
    long at = buffer;
    long end = buffer + size - 1;
    long from = format;
    int argument = 0;
    for (int piece = 0; piece < MAX_PIECES && Memory.load8(from) != 0; piece++) {
      if (Memory.load8(from) != '%') {
        int length = literal(from);
        at = raw(at, end, from, length);
        from += length;
      } else {
        int spec = spec(from + 1);
        int length = spec >> LENGTH_SHIFT;
        int ch = Memory.load8(from + 1 + length);
        if (takesArgument(ch)) {
          at = convert(at, end, ch, spec, pick(argument, a, b, c, d, e, f));
          argument++;
          from += length + 2;
        } else if (ch == '%') {
          at = put(at, end, '%');
          from += length + 2;
        } else {
          // Unknown: the conversion itself, as far as it was read.
          at = raw(at, end, from, length + 1);
          from += length + 1;
        }
      }
    }
    Memory.store8(at, 0);
    return (int) (at - buffer);
  }

  /** Bytes up to the next conversion or the end. */
  @Bounded(MAX_STRING)
  private static int literal(long from) {
    int n = 0;
    while (n < MAX_STRING && Memory.load8(from + n) != '%' && Memory.load8(from + n) != 0) {
      n++;
    }
    return n;
  }

  /** Reads flags, width and length modifiers. */
  @Bounded(16)
  private static int spec(long from) {
    int flags = 0;
    int width = 0;
    int n = 0;
    int ch = Memory.load8(from);
    while (n < 12 && isSpec(ch)) {
      if (ch == 'l' || ch == 'z') {
        flags |= WIDE;
      } else if (ch == '-') {
        flags |= LEFT;
      } else if (ch == '#') {
        flags |= ALTERNATE;
      } else if (ch == '0' && width == 0) {
        flags |= ZERO;
      } else if (ch != 'h') {
        width = Math.min(width * 10 + ch - '0', MAX_WIDTH);
      }
      n++;
      ch = Memory.load8(from + n);
    }
    return flags | (width << WIDTH_SHIFT) | (n << LENGTH_SHIFT);
  }

  private static boolean isSpec(int ch) {
    return (ch >= '0' && ch <= '9')
        || ch == '-'
        || ch == '#'
        || ch == 'l'
        || ch == 'z'
        || ch == 'h';
  }

  private static boolean takesArgument(int ch) {
    return switch (ch) {
      case 'd', 'i', 'u', 'x', 'X', 'c', 's', 'p' -> true;
      default -> false;
    };
  }

  private static long convert(long at, long end, int ch, int spec, long argument) {
    int flags = spec & FLAGS;
    int width = (spec >> WIDTH_SHIFT) & 0xff;
    if (ch == 's') {
      return string(at, end, argument, width, flags);
    }
    if (ch == 'c') {
      return put(at, end, (int) argument & 0xff);
    }
    if (ch == 'p') {
      return number(at, end, argument, 'x', 16, ZERO);
    }
    boolean signed = ch == 'd' || ch == 'i';
    long narrow = signed ? (int) argument : argument & 0xffff_ffffL;
    return number(at, end, (flags & WIDE) != 0 ? argument : narrow, ch, width, flags);
  }

  /** "[%5lu.%06lu] " without the search for pieces; returns the bytes written. */
  static int stamp(long buffer, long seconds, long micros) {
    long end = buffer + MAX_WIDTH;
    long at = put(buffer, end, '[');
    at = number(at, end, seconds, 'u', 5, 0);
    at = put(at, end, '.');
    at = number(at, end, micros, 'u', 6, ZERO);
    at = put(put(at, end, ']'), end, ' ');
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

  @Bounded(MAX_STRING)
  private static long raw(long at, long end, long from, int length) {
    long p = at;
    for (int i = 0; i < length; i++) {
      p = put(p, end, Memory.load8(from + i));
    }
    return p;
  }

  @Bounded(MAX_WIDTH)
  private static long pad(long at, long end, int ch, int count) {
    long p = at;
    for (int i = 0; i < count; i++) {
      p = put(p, end, ch);
    }
    return p;
  }

  @Bounded(24)
  private static int digits(long value, int base) {
    int n = 1;
    long rest = Long.divideUnsigned(value, base);
    while (rest != 0) {
      n++;
      rest = Long.divideUnsigned(rest, base);
    }
    return n;
  }

  private static long number(long at, long end, long value, int ch, int width, int flags) {
    int base = (ch | 0x20) == 'x' ? 16 : 10;
    boolean negative = (ch == 'd' || ch == 'i') && value < 0;
    long magnitude = negative ? -value : value;
    int count = digits(magnitude, base);
    int prefix = negative ? 1 : (flags & ALTERNATE) != 0 && base == 16 ? 2 : 0;
    int fill = width - count - prefix;
    boolean left = (flags & LEFT) != 0;
    boolean zero = !left && (flags & ZERO) != 0;
    long p = left || zero ? at : pad(at, end, ' ', fill);
    if (negative) {
      p = put(p, end, '-');
    } else if (prefix == 2) {
      p = put(put(p, end, '0'), end, 'x');
    }
    if (zero) {
      p = pad(p, end, '0', fill);
    }
    p = putDigits(p, end, magnitude, base, count, ch == 'X' ? 'A' : 'a');
    return left ? pad(p, end, ' ', fill) : p;
  }

  /** The digits, last one first, each to its place; those beyond the end are dropped. */
  @Bounded(24)
  private static long putDigits(long at, long end, long value, int base, int count, int letter) {
    long rest = value;
    for (int i = count - 1; i >= 0; i--) {
      int digit = (int) Long.remainderUnsigned(rest, base);
      rest = Long.divideUnsigned(rest, base);
      if (at + i < end) {
        Memory.store8(at + i, digit < 10 ? '0' + digit : letter + digit - 10);
      }
    }
    return Math.min(at + count, end);
  }

  private static long string(long at, long end, long text, int width, int flags) {
    long from = text == 0 ? CString.of("(null)").address() : text;
    int length = stringLength(from);
    boolean left = (flags & LEFT) != 0;
    long p = left ? at : pad(at, end, ' ', width - length);
    p = raw(p, end, from, length);
    return left ? pad(p, end, ' ', width - length) : p;
  }

  @Bounded(MAX_STRING)
  private static int stringLength(long text) {
    int n = 0;
    while (n < MAX_STRING && Memory.load8(text + n) != 0) {
      n++;
    }
    return n;
  }
}
