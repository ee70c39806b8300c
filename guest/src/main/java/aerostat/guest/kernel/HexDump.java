package aerostat.guest.kernel;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/** print_hex_dump (lib/hexdump.c) with DUMP_PREFIX_ADDRESS, 16 bytes a line. */
public final class HexDump {
  private HexDump() {}

  private static final int ROW = 16;

  /** Lines of one dump; Linux prints all, which would be 256 for a page. */
  private static final int MAX_ROWS = 8;

  /**
   * Prints the bytes; of more than 128 the last 16 follow the first ones.
   *
   * @param length 1 or more
   */
  @Bounded(MAX_ROWS)
  public static void print(int level, long address, int length) {
    int rows = (length + ROW - 1) / ROW;
    for (int i = 0; i < rows && i < MAX_ROWS; i++) {
      int at = i == MAX_ROWS - 1 ? (rows - 1) * ROW : i * ROW;
      row(level, address + at, Math.min(length - at, ROW));
    }
  }

  @Bounded(ROW)
  private static void row(int level, long address, int length) {
    long line = KernelData.HEX_LINE;
    for (int i = 0; i < length; i++) {
      int value = Memory.load8(address + i);
      Memory.store8(line + 3L * i, ' ');
      Memory.store8(line + 3L * i + 1, digit(value >> 4));
      Memory.store8(line + 3L * i + 2, digit(value & 15));
    }
    Memory.store8(line + 3L * length, 0);
    Printk.pr(level, "%016lx:%s\n", address, line);
  }

  private static int digit(int value) {
    return value < 10 ? '0' + value : 'a' + value - 10;
  }
}
