package aerostat.mmio.bus;

/** What a device has to do when it is kicked, cut into steps of one queue element each. */
@FunctionalInterface
public interface DeviceWork {
  /** What {@link DeviceExecutor} does after a step. */
  enum Next {
    /** Something was done; there may be more: step again. */
    AGAIN,
    /** Nothing to do now, but the device wants to look again soon without a kick (DEV-14). */
    POLL,
    /** Nothing to do until the next kick. */
    IDLE
  }

  /**
   * Does at most one element. Called with the machine lock held, never from two threads at once.
   *
   * @param canPoll whether POLL will be honoured; false on the vCPU's own thread
   */
  Next step(boolean canPoll);
}
