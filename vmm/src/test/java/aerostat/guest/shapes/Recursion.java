package aerostat.guest.shapes;

import aerostat.guest.machine.Cpu;

/** Cycles of the call graph. */
final class Recursion {
  private Recursion() {}

  interface Step {
    long go(int n, long state);
  }

  static int fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }

  static boolean even(int n) {
    return n == 0 || odd(n - 1);
  }

  static boolean odd(int n) {
    if (n == 0) {
      return false;
    }
    Cpu.safepoint();
    return even(n - 1);
  }

  static long ackermann(long m, long n) {
    if (m == 0) {
      return n + 1;
    }
    return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
  }

  static long throughOps(int n) {
    return left(n % 40, 1);
  }

  static long left(int n, long state) {
    Step next = (n & 1) == 0 ? Recursion::left : Recursion::right;
    return n <= 0 ? state : 3 * next.go(n - 1, state * 7) + n;
  }

  static long right(int n, long state) {
    Step next = (n & 2) == 0 ? (m, s) -> left(m, s ^ 5) : Recursion::left;
    return n <= 0 ? ~state : state + next.go(n - 2, state + 1);
  }

  /** Recurses until the stack is full. */
  static long endless(long n) {
    return endless(n + 1) * 3 + n;
  }
}
