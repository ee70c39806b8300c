package aerostat.tools.fuzz.device;

import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.memory.SnapshotRam;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.ring.QueueAreas;
import aerostat.tools.fuzz.ring.Wire;
import aerostat.vmm.machine.SnapshotMachine;

/**
 * What the device may do to RAM, by the pages that changed while a hostile driver's write of a
 * register, or a wish of the host, was being carried out; the guest stands still then. It writes
 * areas of queues in use, and discards pages that are in the balloon or reported without poison.
 */
final class RamProperties implements MmioDevice {
  private static final int DEFLATE = 1;

  private final MmioDevice window;
  private final SnapshotMachine machine;
  private final QueueAreas areas;
  private final int arena;

  /**
   * @param window the device as the guest reaches it
   * @param areas that stand before the device, behind the window
   */
  RamProperties(MmioDevice window, SnapshotMachine machine, QueueAreas areas) {
    this.window = window;
    this.machine = machine;
    this.areas = areas;
    arena = page(Wire.arena(machine.memory()));
  }

  @Override
  public long read(long offset, int width) {
    return window.read(offset, width);
  }

  @Override
  public void write(long offset, int width, long value) {
    if (width == 4 && isOnlyKept((int) offset, (int) value)) {
      window.write(offset, width, value);
      return;
    }
    before();
    window.write(offset, width, value);
    // At DRIVER_OK one queue comes after the other: a page may go in and out again.
    after(offset == MmioRegisters.STATUS && areas.inUse(DEFLATE));
  }

  /** Whether a write only prepares a later one: no work follows, and to look takes long. */
  private static boolean isOnlyKept(int register, int value) {
    return switch (register) {
      case MmioRegisters.STATUS -> value != 0 && (value & Virtio.STATUS_DRIVER_OK) == 0;
      case MmioRegisters.DEVICE_FEATURES_SEL,
          MmioRegisters.DRIVER_FEATURES_SEL,
          MmioRegisters.DRIVER_FEATURES,
          MmioRegisters.QUEUE_SEL,
          MmioRegisters.QUEUE_SIZE,
          MmioRegisters.QUEUE_READY,
          MmioRegisters.QUEUE_DESC_LOW,
          MmioRegisters.QUEUE_DESC_HIGH,
          MmioRegisters.QUEUE_DRIVER_LOW,
          MmioRegisters.QUEUE_DRIVER_HIGH,
          MmioRegisters.QUEUE_DEVICE_LOW,
          MmioRegisters.QUEUE_DEVICE_HIGH,
          MmioRegisters.INTERRUPT_ACK,
          MmioRegisters.SHM_SEL ->
          true;
      default -> false;
    };
  }

  /** The guest has run: all that changed so far is right. */
  void guestRan() {
    machine.ram().collect();
  }

  /** What the driver has stored so far is right. */
  void before() {
    machine.ram().collectFrom(arena);
  }

  /** The device is done. */
  void after() {
    after(false);
  }

  private void after(boolean inAndOut) {
    SnapshotRam ram = machine.ram();
    int written = ram.collect();
    for (int i = 0; i < written; i++) {
      if (!areas.mayWrite(gpa(ram.written(i)))) {
        throw new FuzzFinding("stray write", "the device wrote page " + ram.written(i));
      }
    }
    if (ram.discardedCount() > 0) {
      checkDiscards(ram, inAndOut);
    }
  }

  private void checkDiscards(SnapshotRam ram, boolean inAndOut) {
    boolean poisoned = window.read(MmioRegisters.CONFIG + ChainProperties.POISON, 4) != 0;
    for (int i = 0; i < ram.discardedCount(); i++) {
      int page = ram.discarded(i);
      byte owner = machine.memory().owners().get(gpa(page));
      boolean given =
          owner == PageOwners.BALLOON || (owner == PageOwners.REPORTED ? !poisoned : inAndOut);
      if (!given) {
        throw new FuzzFinding(
            "discard", "page " + page + " of owner " + owner + (poisoned ? ", poisoned" : ""));
      }
    }
  }

  /** Whether the page of this address was discarded since {@link #before}. */
  boolean discarded(long gpa) {
    SnapshotRam ram = machine.ram();
    for (int i = 0; i < ram.discardedCount(); i++) {
      if (ram.discarded(i) == page(gpa)) {
        return true;
      }
    }
    return false;
  }

  private static int page(long gpa) {
    return (int) ((gpa - GuestMemory.RAM_BASE) >>> GuestMemory.PAGE_SHIFT);
  }

  private static long gpa(int page) {
    return GuestMemory.RAM_BASE + ((long) page << GuestMemory.PAGE_SHIFT);
  }
}
