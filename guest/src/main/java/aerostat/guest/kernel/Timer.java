package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.machine.Ops;

/**
 * struct timer_list (kernel/time/timer.c): link, expiry in ns, function. Armed timers stand in one
 * list, soonest first, over the machine's one-shot timer.
 */
public record Timer(long address) {
  /** Bytes. */
  public static final int SIZE = 40;

  private static final int EXPIRES = 16;
  private static final int FUNCTION = 24;

  /** timer_setup. */
  public void setup(TimerFn function) {
    Memory.store64(address, 0);
    Memory.store64(address + FUNCTION, Ops.id(function));
  }

  private ListHead entry() {
    return new ListHead(address);
  }

  /** timer_pending: armed and not yet run. */
  public boolean isPending() {
    return Memory.load64(address) != 0;
  }

  /** Expiry, ns since boot. */
  public long expires() {
    return Memory.load64(address + EXPIRES);
  }

  /** mod_timer: (re-)arms for this jiffy; returns whether it was pending. */
  public boolean mod(long jiffies) {
    return modNs(jiffies * Jiffies.NS_PER_JIFFY);
  }

  /** (Re-)arms for this time in ns since boot; returns whether it was pending. */
  public boolean modNs(long ns) {
    int flags = Cpu.irqSave();
    boolean was = detach();
    Memory.store64(address + EXPIRES, ns);
    Clock.enqueue(this);
    Clock.program();
    Cpu.irqRestore(flags);
    return was;
  }

  /**
   * timer_delete and timer_delete_sync, which are one on a single CPU: returns whether it was
   * pending. The function does not run any more.
   */
  public boolean delete() {
    int flags = Cpu.irqSave();
    boolean was = detach();
    Cpu.irqRestore(flags);
    return was;
  }

  /** Takes the timer off the list; interrupts are disabled. */
  boolean detach() {
    if (!isPending()) {
      return false;
    }
    entry().del();
    Memory.store64(address, 0);
    return true;
  }

  void call() {
    Ops.<TimerFn>of(Memory.load64(address + FUNCTION)).run(this);
  }
}
