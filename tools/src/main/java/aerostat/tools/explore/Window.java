package aerostat.tools.explore;

import aerostat.mmio.bus.DeviceExecutor;
import aerostat.mmio.bus.MmioBus;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.bus.SteppedExecutor;
import aerostat.tools.explore.agent.Agent;
import aerostat.vmm.machine.Workbench;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The explorer's hands on a machine's board: the window that {@link Agent} reads, and the device
 * work, which waits to be asked for. Both call on the vCPU's thread with the machine lock held.
 */
final class Window implements Workbench, MmioDevice {
  /** What the explorer does at a point where it has a choice. */
  interface Chooser {
    /** Every thread of the guest sleeps but the agent: the command it gets. */
    int atPrompt();

    /** The guest has kicked that queue, and stands in its notification. */
    void atKick(int queue);
  }

  private static final long BYTES = 4096;

  private final int blocks;
  private final Chooser chooser;
  private @Nullable SteppedExecutor executor;

  private int address;
  private int value;
  private int result;
  private int inUse;

  Window(int blocks, Chooser chooser) {
    this.blocks = blocks;
    this.chooser = chooser;
  }

  @Override
  public DeviceExecutor executor(ReentrantLock machineLock) {
    SteppedExecutor made = DeviceExecutor.stepped(machineLock, chooser::atKick);
    executor = made;
    return made;
  }

  @Override
  public void fit(MmioBus bus) {
    bus.map("explorer", Agent.WINDOW, BYTES, this);
  }

  SteppedExecutor executor() {
    return Objects.requireNonNull(executor, "not on a board yet");
  }

  /** For the next command that looks at them. */
  void arguments(int newAddress, int newValue) {
    address = newAddress;
    value = newValue;
    result = 0;
  }

  /** Page number that the last take answered, 0 for none. */
  int result() {
    return result;
  }

  /** Bit i: block i was in somebody's hands at the last prompt. */
  int inUse() {
    return inUse;
  }

  void inUse(int mask) {
    inUse = mask;
  }

  @Override
  public long read(long offset, int width) {
    return switch ((int) offset) {
      case Agent.COMMAND -> chooser.atPrompt();
      case Agent.ADDRESS -> Integer.toUnsignedLong(address);
      case Agent.VALUE -> Integer.toUnsignedLong(value);
      case Agent.BLOCKS -> blocks;
      default -> 0;
    };
  }

  @Override
  public void write(long offset, int width, long written) {
    if (offset == Agent.RESULT) {
      result = (int) written;
    } else if (offset == Agent.IN_USE) {
      inUse = (int) written;
    }
  }
}
