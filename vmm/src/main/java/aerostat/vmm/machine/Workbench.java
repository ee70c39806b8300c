package aerostat.vmm.machine;

import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.MmioBus;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a tool that drives a deterministic machine step by step puts on its board: when device work
 * runs, and windows of its own. No part of the machine's identity or state.
 */
public interface Workbench {
  /** An ordinary machine. */
  Workbench NONE = new Workbench() {};

  /** Where device work runs. */
  default DeviceExecutor executor(ReentrantLock machineLock) {
    return DeviceExecutor.inline(machineLock);
  }

  /** Maps windows of its own; they must not overlap the board's. */
  default void fit(MmioBus bus) {}
}
