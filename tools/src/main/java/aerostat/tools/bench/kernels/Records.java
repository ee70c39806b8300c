package aerostat.tools.bench.kernels;

import aerostat.guest.machine.Memory;

/**
 * A key-value store as the workload has it: records of 256 bytes with sequence number and checksum.
 */
public final class Records {
  private Records() {}

  public static final int SIZE = 256;
  public static final int COUNT = 1024;

  /**
   * Updates {@code updates} records chosen by a generator, verifying each before; returns how many
   * were wrong.
   */
  public static int run(long area, long seed, int updates) {
    long state = seed | 1;
    int wrong = 0;
    for (int i = 0; i < updates; i++) {
      state ^= state << 13;
      state ^= state >>> 7;
      state ^= state << 17;
      long record = area + (state & (COUNT - 1)) * SIZE;
      if (!verify(record)) {
        wrong++;
      }
      update(record, state);
    }
    return wrong;
  }

  private static boolean verify(long record) {
    long sequence = Memory.load64(record);
    return sequence == 0 || Memory.load64(record + 8) == checksum(record, sequence);
  }

  private static void update(long record, long value) {
    long sequence = Memory.load64(record) + 1;
    for (int at = 16; at < SIZE; at += 8) {
      Memory.store64(record + at, value + at);
    }
    Memory.store64(record, sequence);
    Memory.store64(record + 8, checksum(record, sequence));
  }

  private static long checksum(long record, long sequence) {
    long sum = sequence;
    for (int at = 16; at < SIZE; at += 8) {
      sum = (sum ^ Memory.load64(record + at)) * 0x100000001B3L;
    }
    return sum;
  }
}
