package aerostat.bareguest;

import aerostat.guest.machine.Memory;

/** Fills a range, copies it once in one call, says whether the copy is right, and powers off. */
public final class CopyGuest {
  private CopyGuest() {}

  public static void start(long bootParams) {
    long length = Bare.argument(bootParams) << 20;
    long target = Bare.DATA + length;
    for (long at = 0; at < length; at += 4096) {
      Memory.store64(Bare.DATA + at, at * 0x9e3779b97f4a7c15L);
    }
    Bare.put('c');
    Memory.copy(target, Bare.DATA, length);
    Bare.put(Memory.equal(Bare.DATA, target, length) ? 'Y' : 'N');
    Bare.powerOff();
  }

  public static void interrupt(int line) {}

  public static void thread(long argument) {}
}
