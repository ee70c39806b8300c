package aerostat.vmm.cpu;

import aerostat.vmm.image.Flavour;

/**
 * What other threads want of the vCPU, and its registers while it runs (the rest is in its stack,
 * budget, clock and port). Shared by {@link Dispatcher} and {@link GuestServices}.
 */
final class VcpuState {
  /** Why frames unwind. */
  enum Leave {
    POLL,
    IDLE,
    SWITCH
  }

  // Requests, from any thread; each is set before `pending`.
  volatile boolean stopWanted;
  volatile boolean offWanted;
  volatile boolean pending;
  volatile Flavour flavour;

  // The vCPU thread's own.
  Leave leave = Leave.POLL;
  Flavour running;
  long context;
  long switchFrom;
  long switchTo;
  long deadline = Long.MAX_VALUE;
  long random;
  boolean idle;
  int lifecycle;

  VcpuState(Flavour flavour) {
    this.flavour = flavour;
    running = flavour;
  }
}
