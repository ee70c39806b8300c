package aerostat.vmm.cpu;

/** Timers of devices that run in the virtual time of a deterministic vCPU, on its thread. */
public interface HostTimers {
  /** No timers: real mode, where devices have a clock of their own. */
  HostTimers NONE =
      new HostTimers() {
        @Override
        public long nextDeadline() {
          return Long.MAX_VALUE;
        }

        @Override
        public void runDue() {}
      };

  /** The earliest deadline in guest ns, Long.MAX_VALUE for none. */
  long nextDeadline();

  /** Runs what is due now. */
  void runDue();
}
