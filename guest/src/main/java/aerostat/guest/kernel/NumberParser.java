package aerostat.guest.kernel;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/** simple_strtoull and memparse (lib/cmdline.c). There is no out parameter: value and end apart. */
public final class NumberParser {
  private NumberParser() {}

  private static int digit(int c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    int letter = c | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 99;
  }

  private static int base(CString text) {
    if (text.at(0) != '0') {
      return 10;
    }
    return (text.at(1) | 0x20) == 'x' && digit(text.at(2)) < 16 ? 16 : 8;
  }

  /** Bits of the suffix's factor, 0 if it is none. */
  private static int suffix(int c) {
    return switch (c | 0x20) {
      case 'k' -> 10;
      case 'm' -> 20;
      case 'g' -> 30;
      case 't' -> 40;
      default -> 0;
    };
  }

  @Bounded(4096)
  private static long digitsEnd(CString text) {
    int base = base(text);
    int i = base == 16 ? 2 : 0;
    while (digit(text.at(i)) < base) {
      i++;
    }
    return text.address() + i;
  }

  /** Address of the first byte after the number and its suffix; the text's own if there is none. */
  public static long skip(CString text) {
    long end = digitsEnd(text);
    return end != text.address() && suffix(Memory.load8(end)) != 0 ? end + 1 : end;
  }

  /** The number that the text begins with, suffix included; too large a one is Long.MAX_VALUE. */
  @Bounded(4096)
  public static long value(CString text) {
    int base = base(text);
    int i = base == 16 ? 2 : 0;
    long value = 0;
    int digit = digit(text.at(i));
    while (digit < base) {
      if (value > (Long.MAX_VALUE - digit) / base) {
        return Long.MAX_VALUE;
      }
      value = value * base + digit;
      i++;
      digit = digit(text.at(i));
    }
    int shift = suffix(text.at(i));
    return value > Long.MAX_VALUE >> shift ? Long.MAX_VALUE : value << shift;
  }
}
