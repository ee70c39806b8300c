package aerostat.guest.shapes;

import aerostat.guest.machine.Cpu;

/** Values of every type on the operand stack while a callee is stopped. */
final class Operands {
  private Operands() {}

  static int stop(int x) {
    Cpu.safepoint();
    return x;
  }

  static long stop(long x) {
    Cpu.safepoint();
    return x;
  }

  static float stop(float x) {
    Cpu.safepoint();
    return x;
  }

  static double stop(double x) {
    Cpu.safepoint();
    return x;
  }

  static void stop() {
    Cpu.safepoint();
  }

  static long ints(int a) {
    int b = a + 1;
    return a * 3 + stop(b) * 5 - (a << stop(2)) + b % stop(7) + (a ^ stop(a + b));
  }

  static long longs(int a) {
    long b = a * 0x1_0000_0001L;
    return b + stop(b) * 7L - (b >>> stop(3)) + (stop(b) | 5L) + Long.rotateLeft(b, stop(9));
  }

  static long floats(int a) {
    float f = a * 1.5f;
    double d = a / 3.0;
    float g = f + stop(f) * stop(2f) - f / stop(3f);
    double e = d * stop(d + 1) + stop(g) - stop(Double.MIN_VALUE) + f;
    float nan = (f - f) / stop(0f);
    return Float.floatToRawIntBits(g) * 31L
        + Double.doubleToRawLongBits(e)
        + Float.floatToIntBits(nan)
        + (nan != nan ? 1 : 0)
        + Float.floatToIntBits(-stop(0f))
        + (long) stop(1e30)
        + (int) stop(-1e30f);
  }

  static long mixed(int a) {
    return (long)
        (a
            + (long) a * stop(1)
            + (float) a * stop(2L)
            + (double) a * stop(3f) * stop(4.0)
            + sum(a, stop(5L), stop(6f), stop(7.0), stop(8)));
  }

  private static double sum(int a, long b, float c, double d, int e) {
    stop();
    return a + b * 2.0 + c * 3 + d * stop(4) + e;
  }

  static long shortTypes(int a) {
    byte b = (byte) (a * 77);
    short s = (short) (a * 7777);
    char c = (char) (a * 777);
    boolean z = flip(a > 3);
    return narrow(b, s, c, z) + (byte) stop(b + 200) + (short) stop(s * 3) + (char) stop(c - 9999);
  }

  private static boolean flip(boolean z) {
    stop();
    return !z;
  }

  private static int narrow(byte b, short s, char c, boolean z) {
    stop();
    return z ? b + s : c - stop(b);
  }

  static long nestedCalls(int a) {
    return stop(stop(a) + stop(stop(a + 1) * stop(2)))
        + stop(Math.max(stop(a), stop(4)) - Math.floorMod(stop(-a), stop(5)));
  }

  static long manyArguments(int a) {
    return many(
        a, a + 1L, a + 2f, a + 3.0, stop(a + 4), a + 5L, stop(a + 6f), a + 7.0, a + 8, a, 1, 2);
  }

  private static long many(
      int a,
      long b,
      float c,
      double d,
      int e,
      long f,
      float g,
      double h,
      int i,
      int j,
      int k,
      int l) {
    stop();
    long r = a;
    r = r * 31 + b;
    r = r * 31 + (long) c;
    r = r * 31 + (long) d;
    stop();
    r = r * 31 + e + f + (long) g + (long) h + i + stop(j) + k + l;
    return r;
  }

  static long compound(int a) {
    int i = a;
    long x = i++ + stop(++i) * i-- - --i;
    x += stop(x);
    x <<= stop(i & 7);
    x = (x ^= stop(i)) + (i += stop(3)) + (i = (int) (x = stop(x) + 1));
    double d = x;
    d /= stop(3.0);
    return x + (long) (d += stop(d)) + i;
  }
}
