package aerostat.mmio.bus;

/**
 * SKELETON (owner: mmio-memory). 32 level-triggered lines; the levels live in the flat state. Line
 * 0 is the vCPU's timer, the others belong to devices.
 */
public final class InterruptController {
  /** Levels of all lines now, bit n = line n; a volatile read, callable from any thread. */
  public int levels() {
    throw new UnsupportedOperationException();
  }

  /** Sets a line's level; wakes the vCPU through the listener when the line rises. */
  public void setLevel(int line, boolean high) {
    throw new UnsupportedOperationException();
  }

  /** Called after each rise; sets the vCPU's exit request or ends its idle wait. */
  public void onRise(Runnable listener) {
    throw new UnsupportedOperationException();
  }
}
