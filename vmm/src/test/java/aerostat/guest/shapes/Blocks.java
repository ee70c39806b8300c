package aerostat.guest.shapes;

import static aerostat.guest.shapes.Operands.stop;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/** Block operations, strings, bounded sections, compare and swap. */
final class Blocks {
  private Blocks() {}

  static long blocks(long scratch, int n) {
    long half = 300_000;
    Memory.fill(scratch, half, n);
    Memory.store8(scratch + 200_000 + n, 77);
    Memory.copy(scratch + half, scratch, half);
    boolean same = Memory.equal(scratch, scratch + half, half);
    Memory.store8(scratch + half + half - 1, 99);
    boolean differ = !Memory.equal(scratch, scratch + half, half);
    Memory.fill(scratch, 100_000, 0);
    boolean zero = Memory.isZero(scratch, 100_000) && !Memory.isZero(scratch, half);
    boolean swapped = Memory.compareAndSwap64(scratch, 0, stop(5L));
    boolean not = Memory.compareAndSwap32(scratch, 4, 9);
    return sum(scratch + 199_000, 2000)
        + (same ? 1 : 0)
        + (differ ? 2 : 0)
        + (zero ? 4 : 0)
        + (swapped ? 8 : 0)
        + (not ? 16 : 0)
        + Memory.load64(scratch);
  }

  @Bounded(4000)
  private static long sum(long from, int length) {
    long r = 0;
    for (int i = 0; i < length; i++) {
      r = r * 31 + Memory.load8(from + i);
    }
    int i = 0;
    while (i < length) {
      r += i++;
    }
    return r;
  }

  private static long hash(String text) {
    long at = Cpu.string(text);
    long r = stop(0);
    int length = Memory.load32(at - 4);
    for (int i = 0; i <= length; i++) {
      r = r * 31 + Memory.load8(at + i);
    }
    return r;
  }

  static long strings(int n) {
    return hash("hello") + 3 * hash(n > 4 ? "Grüße" : "") + hash("hello") + hash("\0\n");
  }
}
