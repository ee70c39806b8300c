package aerostat.guest.mm;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;

/**
 * struct shrinker (mm/shrinker.c), 48 bytes of the driver's: link, functions, seeks, batch, data.
 */
public record Shrinker(long address) {
  /** Bytes. */
  public static final int SIZE = 48;

  /** SHRINK_STOP. */
  public static final long STOP = -1;

  /** Cost of making an object again. */
  public static final int DEFAULT_SEEKS = 2;

  private static final int OPS = 16;
  private static final int SEEKS = 24;
  private static final int BATCH = 28;
  private static final int DATA = 32;
  private static final int CALLS = 40;

  /** Objects a scan asks for when the shrinker does not say. */
  private static final int SHRINK_BATCH = 128;

  /**
   * shrinker_register.
   *
   * @param batch objects a scan, 0 for the usual
   */
  public void register(ShrinkerOps ops, long data, int seeks, int batch) {
    Memory.store64(address + OPS, Ops.id(ops));
    Memory.store32(address + SEEKS, seeks);
    Memory.store32(address + BATCH, batch == 0 ? SHRINK_BATCH : batch);
    Memory.store64(address + DATA, data);
    int flags = Cpu.irqSave();
    list().addTail(new ListHead(address));
    Vmscan.resetFailures();
    Cpu.irqRestore(flags);
  }

  /**
   * shrinker_free: no call is under way, and none begins, once this returns. In process context,
   * and not from within a call.
   */
  public void unregister() {
    Memory.store64(address + OPS, 0);
    while (Memory.load32(address + CALLS) != 0) {
      Sched.msleep(1);
    }
    int flags = Cpu.irqSave();
    new ListHead(address).delInit();
    Cpu.irqRestore(flags);
  }

  /** The word that was given at registration. */
  public long data() {
    return Memory.load64(address + DATA);
  }

  static ListHead list() {
    return new ListHead(MmData.SHRINKERS);
  }

  /** shrink_slab: every shrinker once. */
  static long shrinkAll(int priority) {
    long freed = 0;
    ListHead at = list().next();
    hold(at, 1);
    while (!list().is(at)) {
      freed += new Shrinker(at.address()).shrink(priority);
      ListHead next = at.next();
      hold(next, 1);
      hold(at, -1);
      at = next;
    }
    return freed;
  }

  /** A shrinker that is held stays linked. */
  private static void hold(ListHead at, int n) {
    if (!list().is(at)) {
      long calls = at.address() + CALLS;
      Memory.store32(calls, Memory.load32(calls) + n);
    }
  }

  /** do_shrink_slab: asks for a share of the objects, more with a smaller {@code priority}. */
  private long shrink(int priority) {
    if (Memory.load64(address + OPS) == 0) {
      return 0; // unregister waits
    }
    ShrinkerOps ops = Ops.of(Memory.load64(address + OPS));
    long freeable = ops.countObjects(this);
    if (freeable <= 0) {
      return 0;
    }
    int seeks = Memory.load32(address + SEEKS);
    long batch = Memory.load32(address + BATCH);
    long delta = seeks == 0 ? freeable / 2 : (freeable >> priority) * 4 / seeks;
    long scan = Math.min(Math.max(delta, 1), freeable * 2);
    long freed = 0;
    while (scan >= batch || scan >= freeable) {
      long now = Math.min(batch, scan);
      long n = ops.scanObjects(this, now);
      if (n == STOP) {
        return freed;
      }
      freed += n;
      scan -= now;
      if (scan <= 0) {
        return freed;
      }
    }
    return freed;
  }
}
