package aerostat.bareguest;

import aerostat.guest.machine.Io;
import aerostat.guest.machine.Memory;

/** What a guest without a kernel needs. */
final class Bare {
  private Bare() {}

  /** Free memory of every test guest: above the image, the boot page and the boot stack. */
  static final long DATA = 0x4010_0000L;

  static final long CONSOLE = 0x0900_0000L;
  static final long POWER = 0x0901_0000L;

  static void powerOff() {
    Io.writel(1, POWER);
  }

  static void put(int c) {
    Io.writel(c, CONSOLE);
  }

  static void print(long number) {
    if (number < 0) {
      put('-');
      number = -number;
    }
    if (number >= 10) {
      print(number / 10);
    }
    put('0' + (int) (number % 10));
  }

  static void printLine(long number) {
    print(number);
    put('\n');
  }

  /** The decimal number after the first '=' of the command line. */
  static long argument(long bootParams) {
    long at = Memory.load64(bootParams + 32);
    long end = at + Memory.load64(bootParams + 40);
    while (at < end && Memory.load8(at) != '=') {
      at++;
    }
    long value = 0;
    at++;
    while (at < end) {
      int digit = Memory.load8(at) - '0';
      if (digit < 0 || digit > 9) {
        return value;
      }
      value = value * 10 + digit;
      at++;
    }
    return value;
  }
}
