package aerostat.tools.fuzz.image.sample;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Io;
import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;

/** The entry: loops of all kinds, recursion, operations, threads, block operations; then an end. */
public final class Sample {
  private static final int NODES = 50;
  private static final int BITS = 0x5a;

  private Sample() {}

  public static void start(long bootParams) {
    long free = Memory.load64(bootParams + 24);
    long list = list(free + 4096);
    long sum = walk(list, Ops.id(new Add())) + walk(list, Ops.id((Step) (v, n) -> v ^ n.value()));
    sum += fibonacci(12) + counted(free + 8192) + blocks(free + 16384) + floating(sum);
    sum += choose((int) sum & 7) + bounded(free) + Cpu.string("sample");
    Memory.store64(free, sum);
    long context = free + 2048;
    Memory.store64(context, free + 32768);
    Memory.store64(context + 8, 4096);
    Cpu.prepareContext(context, sum);
    int flags = Cpu.irqSave();
    Memory.compareAndSwap64(free + 8, 0, flags);
    Cpu.irqRestore(flags);
    Io.writel(1, Memory.load64(bootParams + 56));
  }

  public static void interrupt(int line) {
    Memory.store64(Memory.load64(16), line);
  }

  public static void thread(long argument) {
    while (argument > 0) {
      Cpu.safepoint();
      argument--;
    }
  }

  private static long list(long at) {
    long head = 0;
    for (int i = 0; i < NODES; i++) {
      head = new Node(at + 16L * i).set(head, i * 3L).address();
    }
    return head;
  }

  private static long walk(long head, long operation) {
    Step step = Ops.of(operation);
    long sum = 0;
    for (long at = head; at != 0; at = new Node(at).next().address()) {
      sum = step.twice(sum, new Node(at));
    }
    return sum;
  }

  private static long fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }

  private static long counted(long base) {
    for (int i = 0; i < 700; i++) {
      Memory.store64(base + ((long) i << 3), i);
    }
    long sum = 0;
    for (int i = 0; i < 700; i += 3) {
      sum += Memory.load32(base + i * 8L);
    }
    return sum;
  }

  private static long blocks(long base) {
    Memory.fill(base, 5000, BITS);
    Memory.copy(base + 8192, base, 5000);
    return Memory.equal(base, base + 8192, 5000) ? 1 : 0;
  }

  private static long floating(long seed) {
    double d = seed * 0.5;
    float f = (float) d;
    for (int i = 0; i < 5; i++) {
      d = d / 3 + f % 7;
    }
    return Double.doubleToLongBits(d) + Math.max((long) f, Long.bitCount(seed));
  }

  private static int choose(int which) {
    return switch (which) {
      case 0 -> 10;
      case 1, 2 -> 20;
      case 3 -> Integer.rotateLeft(which, 3);
      default -> (byte) which << 2 | (short) which;
    };
  }

  @Bounded(32)
  private static long bounded(long base) {
    long found = 0;
    for (int i = 0; i < 16; i++) {
      if (Memory.load8(base + i) == i) {
        found++;
      }
    }
    return found;
  }
}
