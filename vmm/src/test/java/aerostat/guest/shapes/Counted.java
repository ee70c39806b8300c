package aerostat.guest.shapes;

import static aerostat.guest.shapes.Operands.stop;

/** Counted loops of all kinds: what strip-mining must leave as it is. */
final class Counted {
  private Counted() {}

  static long up(int a) {
    long r = 0;
    int n = 2500 + a;
    for (int i = a; i < n; i++) {
      r = r * 31 + i;
    }
    for (int i = a; i <= n; i++) {
      r = r * 31 + i;
    }
    return r + sum(0, 1024) + sum(0, 1025) + sum(0, 1023) + sum(5, 5) + sum(9, 2) + sum(0, 2048);
  }

  private static long sum(int from, int to) {
    long r = 1;
    for (int i = from; i < to; i++) {
      r += i * r;
    }
    return r;
  }

  static long down(int a) {
    long r = 0;
    for (int i = 3000 + a; i > 0; i--) {
      r = r * 31 + i;
    }
    for (int i = 3000; i >= 0; i--) {
      r = r * 31 + i;
    }
    for (int i = 3000; i >= a; i -= 2) {
      r = r * 31 + i;
    }
    for (long i = 5000; i > a; i -= 2) {
      r = r * 31 + i;
    }
    return r;
  }

  static long steps(int a) {
    long r = 0;
    for (int i = 0; i < 9000 + a; i += 3) {
      r = r * 31 + i;
    }
    for (int i = 0; i <= 9000; i += 4) {
      r = r * 31 + i;
    }
    for (int i = -50; i < 1_000_000_000; i += 400_000) {
      r ^= i;
    }
    return r;
  }

  /** Loops that end where the type ends, or step over it. */
  static long edges(int a) {
    long r = 0;
    for (int i = Integer.MAX_VALUE - 2000 - a; i < Integer.MAX_VALUE; i++) {
      r = r * 31 + i;
    }
    for (int i = Integer.MIN_VALUE + 2000 + a; i > Integer.MIN_VALUE; i--) {
      r = r * 31 + i;
    }
    int trips = 0;
    int limit = Integer.MAX_VALUE - a % 2;
    for (int i = Integer.MAX_VALUE - 2000; i <= limit; i += 3) {
      r = r * 31 + i;
      if (++trips > 1500) {
        break;
      }
    }
    for (long i = Long.MAX_VALUE - 3000; i < Long.MAX_VALUE - 2; i += 7) {
      r = r * 31 + i;
      if (++trips > 5000) {
        break;
      }
    }
    for (long i = Long.MIN_VALUE; i < Long.MIN_VALUE + 5000; i++) {
      r = r * 31 + i;
    }
    for (int i = Integer.MIN_VALUE; i < 2_000_000_000; i += 1_000_000) {
      r = r * 31 + i;
    }
    return r;
  }

  static long longs(int a) {
    long r = 0;
    long base = 0x4000_0000L;
    for (long p = base; p < base + 8L * (2000 + a); p += 8) {
      r = r * 31 + p;
    }
    for (long p = base + 4000; p >= base; p -= 1) {
      r = r * 31 + p;
    }
    for (long p = 0; p <= 2048 + a; p++) {
      r = r * 31 + p;
    }
    return r;
  }

  /** The variable is stepped elsewhere than at the end, twice, or not on every way. */
  static long stepInBody(int a) {
    long r = 0;
    int i = 0;
    while (i < 3000) {
      i++;
      if ((i & a & 3) == 1) {
        continue;
      }
      r = r * 31 + i;
    }
    i = 0;
    while (i < 3000) {
      if ((r & 3) == 0) {
        r += 1;
        continue;
      }
      r = r * 31 + i;
      i++;
    }
    for (int j = 0; j < 3000; j++) {
      if ((r & 31) == 7) {
        j++;
      }
      r = r * 31 + j;
    }
    return r;
  }

  /** Bounds that are expressions, change in the loop, or are calls. */
  static long bounds(int a) {
    long r = 0;
    int n = 1500 + a;
    for (int i = 0; i < (n << 1) - 3; i++) {
      r = r * 31 + i;
    }
    for (int i = 0; i < n; i++) {
      n -= i & 1;
      r = r * 31 + i;
    }
    for (int i = 0; i < stop(5); i++) {
      r = r * 31 + stop(i);
    }
    long wide = n;
    for (int i = 0; i < (int) wide; i++) {
      r = r * 31 + i;
    }
    for (int i = 0; i != 2000; i++) {
      r = r * 31 + i;
    }
    for (int i = 0; n > i; i++) {
      r = r * 31 + i;
    }
    return r;
  }
}
