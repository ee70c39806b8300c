package aerostat.tools.fuzz.device;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockDriver;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.ring.Wire;
import aerostat.vmm.machine.SnapshotMachine;
import java.lang.foreign.MemorySegment;

/** What must hold of the device, whatever the driver did. */
final class DeviceProperties {
  private final SnapshotMachine machine;
  private final Wire wire;

  /** The owners of the image's pages, as they must be. */
  private final MemorySegment imageIsTheGuests;

  DeviceProperties(SnapshotMachine machine, Wire wire) {
    this.machine = machine;
    this.wire = wire;
    // GUEST is 0, as is a new array.
    int pages = (int) (machine.memory().romSize() >>> GuestMemory.PAGE_SHIFT);
    imageIsTheGuests = MemorySegment.ofArray(new byte[pages]);
  }

  /** After each event. */
  void check() {
    String oops = machine.oops();
    if (oops != null && oops.contains("VMM failure")) {
      throw new FuzzFinding("exception", oops);
    }
    int known = wire.read(MmioRegisters.STATUS);
    int all =
        Virtio.STATUS_ACKNOWLEDGE
            | Virtio.STATUS_DRIVER
            | Virtio.STATUS_DRIVER_OK
            | Virtio.STATUS_FEATURES_OK
            | Virtio.STATUS_NEEDS_RESET
            | Virtio.STATUS_FAILED;
    if ((known & ~all) != 0) {
      throw new FuzzFinding(
          "status", "bits that nobody can have set: 0x" + Integer.toHexString(known));
    }
    MemorySegment owners = machine.memory().owners().states();
    long image = imageIsTheGuests.byteSize();
    if (MemorySegment.mismatch(owners, 0, image, imageIsTheGuests, 0, image) >= 0) {
      throw new FuzzFinding("owners", "the image's pages are the host's");
    }
  }

  /**
   * After the input: a reset and a driver that behaves get a page into the balloon and out again,
   * with an interrupt each time.
   */
  void checkUsable(FuzzLog log) {
    if (log.on()) {
      log.say("a driver that behaves takes over");
    }
    MockDriver driver = new MockDriver(wire, machine.memory(), wire.spare());
    driver.negotiate(Virtio.F_EVENT_IDX);
    MockRing inflate = driver.setUpQueue(0, 8);
    MockRing deflate = driver.setUpQueue(1, 8);
    driver.ready();
    require(driver.status() == 15, "usable", "status after reset and set-up");
    machine.memory().settleOwners();
    require(
        machine.memory().owners().counts()[PageOwners.GUEST] == machine.memory().pages(),
        "owners",
        "after a reset all pages are the guest's");
    long page = wire.buffer(Wire.BUFFERS - 1);
    int frame = (int) (page / GuestMemory.PAGE_SIZE);
    require(
        machine.memory().owners().get(page) != PageOwners.BALLOON,
        "usable",
        "a reset empties the balloon");
    exchange(driver, inflate, frame, page, PageOwners.BALLOON);
    exchange(driver, deflate, frame, page, PageOwners.GUEST);
  }

  private void exchange(MockDriver driver, MockRing ring, int frame, long page, byte owner) {
    MockRing.Part part = driver.out32(frame);
    int head = ring.add(part);
    ring.kick();
    MockRing.Used used = ring.poll();
    require(
        used != null && used.head() == head && ring.poll() == null,
        "used ring",
        "one entry for one buffer");
    require(
        (driver.acknowledge() & Virtio.INTERRUPT_USED) != 0, "interrupt", "none for a used buffer");
    require(
        machine.memory().owners().get(page) == owner,
        "owners",
        "page in the balloon, or out of it");
  }

  private static void require(boolean holds, String property, String what) {
    if (!holds) {
      throw new FuzzFinding(property, what);
    }
  }
}
