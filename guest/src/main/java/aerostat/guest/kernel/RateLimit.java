package aerostat.guest.kernel;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.machine.Cpu;

/** struct ratelimit_state (lib/ratelimit.c), 16 bytes, zero at first: at most 10 in 5 s. */
public record RateLimit(long address) {
  /** Bytes. */
  public static final int SIZE = 16;

  private static final long INTERVAL_NS = 5_000_000_000L;
  private static final int BURST = 10;
  private static final int PRINTED = 8;

  /** ___ratelimit: whether the caller may print now. */
  public boolean allows() {
    long now = Cpu.now();
    long begin = load64(address);
    if (begin == 0 || now - begin >= INTERVAL_NS) {
      store64(address, now);
      store32(address + PRINTED, 0);
    }
    int printed = load32(address + PRINTED);
    if (printed >= BURST) {
      return false;
    }
    store32(address + PRINTED, printed + 1);
    return true;
  }
}
