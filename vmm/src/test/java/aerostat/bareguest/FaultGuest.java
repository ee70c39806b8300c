package aerostat.bareguest;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Io;
import aerostat.guest.machine.Memory;

/** Does the wrong that the command line asks for. */
public final class FaultGuest {
  private FaultGuest() {}

  public static void start(long bootParams) {
    Bare.put('s');
    int which = (int) Bare.argument(bootParams);
    fault(which, Memory.load64(bootParams + 16));
    Bare.put('?');
    Bare.powerOff();
  }

  private static void fault(int which, long end) {
    switch (which) {
      case 1 -> load(end);
      case 2 -> load(0);
      case 3 -> Memory.store8(0x4000_0000L, 1);
      case 4 -> Bare.print(7 / zero());
      case 5 -> Bare.print(recurse(1));
      case 6 -> Cpu.panic("BUG at " + "test");
      case 7 -> Cpu.switchTo(Bare.DATA, Bare.DATA + 4096);
      case 8 -> Bare.print(Io.readl(0x0800_0000L));
      case 9 -> Memory.fillBlock(Bare.DATA, 65537, 0);
      case 10 -> Memory.compareAndSwap64(Bare.DATA + 4, 0, 1);
      case 11 -> bounded();
      case 12 -> returningThread();
      case 13 -> load(-8);
      case 14 -> Memory.copyBlock(end - 8, Bare.DATA, 16);
      case 15 -> Memory.fillBlock(0x4000_0000L, 4096, 0);
      case 16 -> Memory.store64(end - 4, 1);
      case 17 -> Cpu.panic("two\nlines, \33[31m red, \\ \u009b");
      default -> {}
    }
  }

  private static void load(long address) {
    Bare.print(Memory.load64(address));
  }

  private static int zero() {
    return Memory.load32(Bare.DATA);
  }

  private static long recurse(long depth) {
    return depth + recurse(depth * 3 + 1);
  }

  @Bounded(10)
  private static void bounded() {
    for (int i = 0; i < Memory.load32(Bare.DATA) + 11; i++) {
      Memory.store32(Bare.DATA + 8, i);
    }
  }

  private static void returningThread() {
    long context = Bare.DATA + 64;
    Memory.store64(context, Bare.DATA + 4096);
    Memory.store64(context + 8, 4096);
    Cpu.prepareContext(context, 5);
    Cpu.switchTo(Bare.DATA, context);
  }

  public static void interrupt(int line) {}

  public static void thread(long argument) {
    Bare.print(argument);
  }
}
