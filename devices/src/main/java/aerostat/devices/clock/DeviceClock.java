package aerostat.devices.clock;

/**
 * Time as devices see it: the guest's monotonic clock, which stands still while the VM is stopped.
 * Deadlines live in the device's own state; a timer is only their alarm.
 */
public interface DeviceClock {
  /** Deadline that never comes. */
  long NEVER = Long.MAX_VALUE;

  /** Guest monotonic time, ns since boot. */
  long now();

  /** Wall clock, seconds since 1970. */
  long wallSeconds();

  /**
   * Makes a timer, not armed.
   *
   * @param expired called once for each arming, under the machine lock, when the time has come
   */
  Timer timer(Runnable expired);

  /** A one-shot alarm. Calls need the machine lock. */
  interface Timer {
    /**
     * Sets the deadline, in ns of {@link #now}; {@link #NEVER} disarms. One in the past expires as
     * soon as the clock runs, never within this call.
     */
    void arm(long deadline);
  }
}
