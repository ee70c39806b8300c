package aerostat.guest.shapes;

import aerostat.guest.machine.Memory;

/** Loops that store, whose dirty marks the rewriter may move behind them; each stores non-zeros. */
final class Stores {
  private Stores() {}

  static long forward(long scratch, int a) {
    int n = 3000 + a;
    for (int i = 0; i < n; i++) {
      Memory.store64(scratch + ((long) i << 3), i + 1L);
    }
    for (int i = a; i < n; i++) {
      Memory.store8(scratch + 50_000 + i, 7);
    }
    for (long i = 100; i < 2000; i += 3) {
      Memory.store16(scratch + 80_000 + i * 5, (int) i);
    }
    for (int i = 0; i < 9; i++) {
      Memory.store32(scratch + 120_000 + i * 4L, a + 1);
    }
    return sum(scratch, 150_000);
  }

  static long backward(long scratch, int a) {
    for (int i = 2500; i > a; i--) {
      Memory.store32(scratch + i * 4L, i);
    }
    for (long i = 3000; i >= 0; i -= 2) {
      Memory.store64(scratch + 20_003 + (i << 2), i + 1);
    }
    for (int i = 0; i < 1500; i++) {
      Memory.store8(scratch + 60_000 - i, 3);
    }
    return sum(scratch, 70_000);
  }

  /** Strides of a page and around, and stores side by side. */
  static long strides(long scratch, int a) {
    for (int i = 0; i < 20 + a % 8; i++) {
      Memory.store64(scratch + i * 4096L, i + 1L);
      Memory.store32(scratch + i * 4096L + 4090, i + 1);
    }
    for (int i = 0; i < 20; i++) {
      Memory.store8(scratch + 200_000 + i * 4097L, 1);
    }
    for (int i = 0; i < 10; i++) {
      Memory.store8(scratch + 400_000 + i * 12_288L, 1);
    }
    for (long at = 0; at < 40_000; at += 64) {
      Memory.store64(scratch + 600_000 + at, at + 1);
      Memory.store64(scratch + 600_000 + at + 56, 5);
      Memory.store16(scratch + 700_000 + at, 6);
    }
    return sum(scratch, 800_000);
  }

  /** Loops that must keep their marks, or some of them. */
  static long others(long scratch, int a) {
    for (int i = 0; i < 2000; i++) {
      if (i % 7 == a % 7) {
        Memory.store64(scratch + i * 64L, 1);
      }
    }
    for (int i = 0; i < 2000; i++) {
      if (i == 1100 + a) {
        break;
      }
      Memory.store64(scratch + 200_000 + i * 64L, 1);
    }
    long at = scratch + 400_000;
    for (int i = 0; i < 1200; i++) {
      Memory.store64(at, i + 1L);
      at += 80;
    }
    for (int i = 0; i < 1100; i++) {
      long to = Memory.load64(scratch + 400_000 + i * 80L) * 16;
      Memory.store64(scratch + 520_000 + to, to);
      Memory.store8(scratch + 600_000 + i, 1);
    }
    return sum(scratch, 700_000);
  }

  /** Copies within copies: inner loops without polls in an outer one with them. */
  static long nested(long scratch, int a) {
    for (int row = 0; row < 60 + a % 4; row++) {
      for (int i = 0; i < 32; i++) {
        Memory.store64(scratch + row * 1000L + i * 16L, row * 32L + i + 1);
      }
      for (int i = 0; i < row; i++) {
        Memory.store64(
            scratch + 100_000 + row * 1000L + i * 8L, Memory.load64(scratch + i * 16L) + 1);
      }
    }
    return sum(scratch, 200_000);
  }

  private static long sum(long scratch, int bytes) {
    long sum = 0;
    for (int i = 0; i < bytes; i += 8) {
      sum = sum * 31 + Memory.load64(scratch + i);
    }
    return sum;
  }

  /** Runs out of RAM in the middle of a loop. */
  static long beyond(long end) {
    for (int i = 0; i < 10_000; i++) {
      Memory.store64(end - 3_000 * 8L + i * 8L, i + 1L);
    }
    return 0;
  }

  /** The same where another access of the trip faults. */
  static long beyondByLoad(long end, long scratch) {
    for (int i = 0; i < 10_000; i++) {
      Memory.store64(scratch + i * 8L, Memory.load64(end - 3_000 * 8L + i * 8L) + 1);
    }
    return 0;
  }
}
