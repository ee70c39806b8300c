package aerostat.guest.kernel;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/**
 * The clock event and the list of armed timers. The machine's timer is set to the first timer's
 * expiry, or to the end of the running thread's time slice when others wait for the CPU.
 */
final class Clock {
  private Clock() {}

  static void init() {
    timers().init();
    Memory.store64(KernelData.CLOCK_DEADLINE, Long.MAX_VALUE);
  }

  private static ListHead timers() {
    return new ListHead(KernelData.TIMERS);
  }

  /** Puts the timer behind those that expire no later; interrupts are disabled. */
  static void enqueue(Timer timer) {
    long expires = timer.expires();
    ListHead at = timers().prev();
    while (!timers().is(at) && new Timer(at.address()).expires() > expires) {
      at = at.prev();
    }
    at.add(new ListHead(timer.address()));
  }

  /** Sets the machine's timer for what comes first; interrupts are disabled. */
  static void program() {
    long deadline = Sched.sliceEnd();
    ListHead first = timers().next();
    if (!timers().is(first)) {
      deadline = Math.min(deadline, new Timer(first.address()).expires());
    }
    if (deadline != Memory.load64(KernelData.CLOCK_DEADLINE)) {
      set(deadline);
    }
  }

  private static void set(long deadline) {
    Memory.store64(KernelData.CLOCK_DEADLINE, deadline);
    Cpu.setTimer(deadline);
  }

  /** The machine's timer is somebody else's until {@link #resume}; interrupts are disabled. */
  static void suspend(long deadline) {
    set(deadline);
  }

  static void resume() {
    Memory.store64(KernelData.CLOCK_DEADLINE, -1);
    program();
  }

  /** Asks for a timer interrupt at the next safepoint: a rescheduling waits. */
  static void fireNow() {
    set(0);
  }

  /** The timer interrupt: runs what has expired. */
  static void interrupt() {
    long now = Cpu.now();
    ListHead first = timers().next();
    while (!timers().is(first) && new Timer(first.address()).expires() <= now) {
      Timer timer = new Timer(first.address());
      timer.detach();
      timer.call();
      first = timers().next();
    }
    Sched.tick(now);
    // The line stays high until the deadline is moved.
    Memory.store64(KernelData.CLOCK_DEADLINE, -1);
    program();
  }
}
