package aerostat.vmm.migration.faults;

import aerostat.vmm.migration.faults.Fault.Way;

/** Both directions of one connection in memory. */
final class PlanConnection {
  private final MemoryPipe down = new MemoryPipe();
  private final MemoryPipe up = new MemoryPipe();

  /** The bytes of that way. */
  MemoryPipe pipe(Way way) {
    return way == Way.TO_DESTINATION ? down : up;
  }

  /**
   * It is over for both sides.
   *
   * @param lose whether bytes that were sent and not read yet are lost, as after a reset
   */
  void end(boolean lose) {
    down.end(lose);
    up.end(lose);
  }
}
