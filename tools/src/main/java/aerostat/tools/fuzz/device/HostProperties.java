package aerostat.tools.fuzz.device;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.HostEvents;
import aerostat.tools.fuzz.ring.Wire;
import aerostat.vmm.machine.SnapshotMachine;

/**
 * What must hold between host and driver: the host's wishes show in the config space and are told,
 * the driver's hands do not change them, and no number leaves its range.
 */
final class HostProperties {
  /** Offset of the hint command in the config space. */
  static final int COMMAND = 8;

  private static final int LINE = 1;
  private static final int FIRST_COMMAND = 0x8000_0000;
  private static final int STOP = 0;
  private static final int DONE = 1;

  private final SnapshotMachine machine;
  private final Wire wire;
  private final InterruptController interrupts;
  private int target;
  private int command;
  private int generation;

  HostProperties(SnapshotMachine machine, Wire wire, InterruptController interrupts) {
    this.machine = machine;
    this.wire = wire;
    this.interrupts = interrupts;
  }

  void begin() {
    target = config(0);
    command = config(COMMAND);
    generation = wire.read(MmioRegisters.CONFIG_GENERATION);
  }

  private int config(int offset) {
    return wire.read(MmioRegisters.CONFIG + offset);
  }

  /** After what the driver did, or the guest. */
  void check() {
    int oldTarget = target;
    begin();
    require(target == oldTarget, "config", "the driver changed num_pages");
    boolean high = (interrupts.levels() >>> LINE & 1) != 0;
    boolean pending = wire.read(MmioRegisters.INTERRUPT_STATUS) != 0;
    require(high == pending, "line", high ? "high without an interrupt" : "low with interrupts");
    long actual = machine.balloon().actualBytes();
    if (actual < 0 || actual > machine.memory().size()) {
      throw new FuzzFinding("actual", actual + " bytes of memory");
    }
  }

  /**
   * After a wish of the host.
   *
   * @param what of {@link HostEvents}
   */
  void checkHost(int what) {
    int oldTarget = target;
    int oldCommand = command;
    int oldGeneration = generation;
    begin();
    if (target != oldTarget || command != oldCommand) {
      require(generation != oldGeneration, "config", "changed in the same generation");
      boolean ready = (wire.read(MmioRegisters.STATUS) & Virtio.STATUS_DRIVER_OK) != 0;
      int pending = wire.read(MmioRegisters.INTERRUPT_STATUS);
      require(
          !ready || (pending & Virtio.INTERRUPT_CONFIG) != 0,
          "config",
          "changed without an interrupt");
    }
    if (machine.balloon().hintingPossible()) {
      switch (what) {
        case HostEvents.HINT_START -> {
          boolean id = Integer.compareUnsigned(command, FIRST_COMMAND) >= 0;
          require(id && command != oldCommand, "hint start", shown());
          require(!machine.balloon().hintRoundOver(), "hint start", "and the round is over");
        }
        case HostEvents.HINT_STOP -> require(command == STOP, "hint stop", shown());
        case HostEvents.HINT_DONE -> require(command == DONE, "hint done", shown());
        default -> {}
      }
    }
  }

  private String shown() {
    return "the config space shows 0x" + Integer.toHexString(command);
  }

  private static void require(boolean holds, String property, String what) {
    if (!holds) {
      throw new FuzzFinding(property, what);
    }
  }
}
