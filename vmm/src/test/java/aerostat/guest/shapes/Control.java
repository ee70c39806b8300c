package aerostat.guest.shapes;

import static aerostat.guest.shapes.Operands.stop;

/** Branches and loops. */
final class Control {
  private Control() {}

  static long ternaries(int a) {
    int b = a > 3 ? stop(a) : -stop(a + 1);
    long c = 5 + (b > 0 ? (a < 9 ? stop(1) : stop(2)) : stop(3)) * 7L;
    return c + Math.max(b > 2 ? stop(b) : 2, a == 4 ? 1 : stop(6));
  }

  static long switches(int a) {
    int r = 0;
    for (int i = 0; i < 12; i++) {
      switch (i) {
        case 0:
          r += stop(1);
        case 1:
          r += 10;
          break;
        case 2, 3:
          r *= stop(3);
          break;
        case 5:
          continue;
        default:
          r += i;
      }
      r +=
          switch (i * 1000 + a) {
            case 0 -> stop(5);
            case 1003 -> 7;
            case 5005 -> {
              int t = stop(i);
              yield t * stop(2);
            }
            default -> r > 100 ? stop(-90) : 1;
          };
    }
    return r;
  }

  static long earlyReturns(int a) {
    for (int i = 0; ; i++) {
      if (stop(i) > a) {
        return i * 3L + find(a);
      }
      if (i > 1000) {
        return -1;
      }
    }
  }

  private static int find(int a) {
    int i = 0;
    while (true) {
      stop();
      if (i * i >= a) {
        return i;
      }
      i++;
      if (i == 13) {
        return -13;
      }
    }
  }

  static long nestedLoops(int a) {
    long r = 0;
    for (int i = 0; i < a % 7 + 2; i++) {
      for (int j = i; j < 40; j++) {
        for (long k = 0; k < j; k += 3) {
          r = r * 31 + i + j * k;
        }
      }
      int w = i * 50;
      while (w > 0) {
        w -= 1 + (int) (r & 1);
        r ^= w;
      }
    }
    for (int i = 0; i < 3000 + a; i++) {
      r += i ^ (r >>> 7);
    }
    return r;
  }

  static long labels(int a) {
    int r = 0;
    outer:
    for (int i = 0; i < 30; i++) {
      for (int j = 0; j < 300; j++) {
        if (j == i + a) {
          continue outer;
        }
        if (i * j > 4000) {
          break outer;
        }
        r += stop(j) & 3;
        if ((r & 7) == 5) {
          continue;
        }
        r++;
      }
    }
    return r;
  }

  static long doWhile(int a) {
    int n = a + 700;
    long r = 1;
    do {
      r = r * 6364136223846793005L + 1442695040888963407L;
      int m = (int) (r >>> 60);
      do {
        r += m;
      } while (m-- > 0);
    } while (--n > 0);
    return r;
  }

  static long constantLoops(int a) {
    long r = a;
    for (int i = 0; i < 64; i++) {
      for (int j = 8; j >= 1; j--) {
        r += i ^ j;
      }
    }
    for (int i = 0; i < 10; i += 3) {
      r = r * 3 + stop(i);
    }
    return r;
  }

  static long shortCircuit(int a) {
    boolean b = a > 2 && stop(a) < 9 || stop(a) == 11 && !(stop(a) > 12);
    boolean c = (stop(a) > 3) ^ (stop(a) < 7) | b & stop(a) != 5;
    return (b ? 1 : 0) + (c ? 2 : 0);
  }
}
