package aerostat.tools.fuzz.device;

import aerostat.devices.balloon.HintStatus;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageGate;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.Outcomes;
import aerostat.tools.fuzz.ring.Wire;
import aerostat.vmm.machine.SnapshotMachine;

/**
 * What the device may do with one chain in an orderly split ring: read each descriptor once, take
 * nothing that is too long, and go on only if it is not broken.
 */
final class ChainProperties implements PageGate {
  /** Offset of the poison value in the config space. */
  static final int POISON = 12;

  /** Loads of one descriptor, which has two halves. */
  private static final int LOADS = 2;

  private final SnapshotMachine machine;
  private final GuestMemory memory;
  private final Wire wire;
  private final RamProperties ram;
  private final Outcomes outcomes;
  private long table;
  private int loads;
  private int status;
  private int used;
  private int command;
  private HintStatus hints = HintStatus.STOP;
  private boolean poisoned;

  ChainProperties(SnapshotMachine machine, Wire wire, RamProperties ram, Outcomes outcomes) {
    this.machine = machine;
    this.memory = machine.memory();
    this.wire = wire;
    this.ram = ram;
    this.outcomes = outcomes;
  }

  /** The chain is there; the notification comes next. */
  void before(int queue) {
    status = wire.read(MmioRegisters.STATUS);
    used = usedIndex(queue);
    command = wire.read(MmioRegisters.CONFIG + HostProperties.COMMAND);
    hints = machine.balloonDevice().hintStatus();
    poisoned = wire.read(MmioRegisters.CONFIG + POISON) != 0;
    table = page(wire.descriptors(queue));
    loads = 0;
    memory.gate(this);
  }

  /**
   * @param length of each part, unsigned 32 bits
   * @param inBuffers whether the parts are the buffers, and no part of a ring
   * @param idInBuffers whether the readable parts are
   */
  void after(
      int queue, int readable, int writable, long length, boolean inBuffers, boolean idInBuffers) {
    memory.gate(null);
    int parts = readable + writable;
    // A discard waits at the gate as well: a hostile driver may put its table into the balloon.
    if (inBuffers && loads > LOADS * parts && !ram.discarded(wire.descriptors(queue))) {
      throw new FuzzFinding("fetched twice", loads + " loads for " + parts + " descriptors");
    }
    boolean taken = usedIndex(queue) != used;
    require(
        !taken || (status & Virtio.STATUS_NEEDS_RESET) == 0,
        "broken",
        "a device that needs a reset goes on");
    if (taken && writable * length > memory.size()) {
      throw new FuzzFinding("length", "an element of " + writable * length + " bytes was taken");
    }
    HintStatus now = machine.balloonDevice().hintStatus();
    outcomes.saw(
        0x10000
            | queue << 12
            | hints.ordinal() << 10
            | now.ordinal() << 8
            | Math.min(readable, 1) << 4
            | Math.min(writable, 1) << 3
            | (taken ? 4 : 0)
            | (poisoned ? 2 : 0)
            | (length > memory.size() ? 1 : 0));
    if (hints == HintStatus.REQUESTED && now == HintStatus.START && idInBuffers) {
      int id = id(readable, length);
      require(id == command, "stale id", "hints were taken under 0x" + Integer.toHexString(id));
    }
  }

  /** For the engine: what kind of place a chain named that came with these parts. */
  void named(int queue, long address, long length) {
    long image = GuestMemory.RAM_BASE + memory.romSize();
    int place = 0; // outside of RAM
    if (memory.isWritable(address, length)) {
      place = 1;
    } else if (memory.contains(address, length)) {
      place = address + length > image ? 2 : 3;
    } else if (memory.contains(address, 1)) {
      place = 4;
    }
    boolean wholePage = length >= 2 * GuestMemory.PAGE_SIZE;
    HintStatus now = machine.balloonDevice().hintStatus();
    outcomes.saw(0x20000 | queue << 8 | now.ordinal() << 5 | place << 1 | (wholePage ? 1 : 0));
  }

  /** The first four readable bytes, wherever they are cut; parts lie a page apart. */
  private int id(int readable, long length) {
    int id = 0;
    for (int i = 0; i < 4; i++) {
      long part = i / Math.max(1, length);
      if (part < readable) {
        id |= memory.load8(wire.buffer((int) part) + i % Math.max(1, length)) << (8 * i);
      }
    }
    return id;
  }

  private int usedIndex(int queue) {
    return memory.load16(wire.deviceArea(queue) + 2);
  }

  private static long page(long gpa) {
    return (gpa - GuestMemory.RAM_BASE) >>> GuestMemory.PAGE_SHIFT;
  }

  @Override
  public void await(long first, long last) {
    if (first == table) {
      loads++;
    }
  }

  @Override
  public boolean mayCome() {
    return true;
  }

  private static void require(boolean holds, String property, String what) {
    if (!holds) {
      throw new FuzzFinding(property, what);
    }
  }
}
