package aerostat.guest.plain;

/**
 * SKELETON (owner: guest kernel). The machine as plain Java, for unit tests and the plain form of
 * benchmarks.
 */
public final class PlainMachine {
  private PlainMachine() {}

  private static UnsupportedOperationException todo() {
    return new UnsupportedOperationException();
  }

  public static int load8(long a) {
    throw todo();
  }

  public static int load16(long a) {
    throw todo();
  }

  public static int load32(long a) {
    throw todo();
  }

  public static long load64(long a) {
    throw todo();
  }

  public static void store8(long a, int v) {
    throw todo();
  }

  public static void store16(long a, int v) {
    throw todo();
  }

  public static void store32(long a, int v) {
    throw todo();
  }

  public static void store64(long a, long v) {
    throw todo();
  }

  public static boolean compareAndSwap32(long a, int e, int v) {
    throw todo();
  }

  public static boolean compareAndSwap64(long a, long e, long v) {
    throw todo();
  }

  public static void mb() {
    throw todo();
  }

  public static void fillBlock(long a, int n, int v) {
    throw todo();
  }

  public static void copyBlock(long t, long s, int n) {
    throw todo();
  }

  public static int mismatchBlock(long a, long b, int n) {
    throw todo();
  }

  public static int findOtherBlock(long a, int n, int v) {
    throw todo();
  }

  public static long mmioRead(long a, int width) {
    throw todo();
  }

  public static void mmioWrite(long a, int width, long v) {
    throw todo();
  }

  public static long now() {
    throw todo();
  }

  public static long wallClock() {
    throw todo();
  }

  public static void setTimer(long d) {
    throw todo();
  }

  public static int irqSave() {
    throw todo();
  }

  public static void irqRestore(int f) {
    throw todo();
  }

  public static int irqsEnabled() {
    throw todo();
  }

  public static void waitForInterrupt() {
    throw todo();
  }

  public static void prepareContext(long c, long a) {
    throw todo();
  }

  public static void switchTo(long f, long t) {
    throw todo();
  }

  public static void panic(String m) {
    throw todo();
  }

  public static long string(String s) {
    throw todo();
  }

  public static long random() {
    throw todo();
  }

  public static long opsId(Object o) {
    throw todo();
  }

  public static <T> T opsOf(long id) {
    throw todo();
  }
}
