package aerostat.vmm.machine;

/** QEMU's run states, as {@code query-status} prints them. */
public enum RunState {
  PRELAUNCH("prelaunch"),
  INMIGRATE("inmigrate"),
  RUNNING("running"),
  PAUSED("paused"),
  FINISH_MIGRATE("finish-migrate"),
  POSTMIGRATE("postmigrate"),
  GUEST_PANICKED("guest-panicked"),
  SHUTDOWN("shutdown");

  private final String qemuName;

  RunState(String qemuName) {
    this.qemuName = qemuName;
  }

  /** The word that QMP uses. */
  public String qemuName() {
    return qemuName;
  }
}
