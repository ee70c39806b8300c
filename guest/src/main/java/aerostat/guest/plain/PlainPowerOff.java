package aerostat.guest.plain;

/** The guest wrote to the power register: how a plain run ends well. */
public final class PlainPowerOff extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final int code;

  PlainPowerOff(int code) {
    super("power off, code " + code, null, false, false);
    this.code = code;
  }

  /** 1 power off, 2 reboot, 3 the guest reports failure. */
  public int code() {
    return code;
  }
}
