package aerostat.tools.fuzz.driver;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.SnapshotRam;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import aerostat.tools.fuzz.FuzzFinding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a driver does with pages of a report that the device has not seen (REPORT-15, -18). */
class LostReportsTest {
  private static final int INFLATE = 0;
  private static final int REPORTING = 4;
  private static final long RINGS = GuestMemory.RAM_BASE + 0x10000;
  private static final long REPORTED = GuestMemory.RAM_BASE + 0x40000;
  private static final long ARRAY = GuestMemory.RAM_BASE + 0x60000;

  private final GuestMemory memory = SnapshotRam.memory(1 << 20);
  private final MmioDevice silent =
      new MmioDevice() {
        @Override
        public long read(long offset, int width) {
          return 0;
        }

        @Override
        public void write(long offset, int width, long value) {}
      };
  private final LyingDevice device =
      new LyingDevice(silent, memory, new InterruptController(new FlatState()));

  @BeforeEach
  void ring() {
    SnapshotRam.of(memory).take();
    device.reports().begin(true);
    offer(REPORTING, REPORTED, 2 * GuestMemory.PAGE_SIZE, Virtio.DESC_WRITE);
    memory.store64(REPORTED, 1);
    device.lose(1);
    notify(REPORTING);
  }

  @AfterEach
  void close() {
    memory.close();
  }

  private void offer(int queue, long gpa, int length, int flags) {
    long rings = RINGS + queue * 0x4000L;
    device.write(MmioRegisters.QUEUE_SEL, 4, queue);
    device.write(MmioRegisters.QUEUE_SIZE, 4, 8);
    device.write(MmioRegisters.QUEUE_DESC_LOW, 4, rings);
    device.write(MmioRegisters.QUEUE_DRIVER_LOW, 4, rings + 0x1000);
    device.write(MmioRegisters.QUEUE_DEVICE_LOW, 4, rings + 0x2000);
    long table = rings + 0x3000; // through an indirect table, as our driver sends lists
    memory.store64(table, gpa);
    memory.store64(table + 8, length | (long) flags << 32);
    memory.store64(rings, table);
    memory.store64(rings + 8, Virtio.DESC_SIZE | (long) Virtio.DESC_INDIRECT << 32);
    memory.store16(rings + 0x1002, 1);
  }

  private void notify(int queue) {
    device.write(MmioRegisters.QUEUE_NOTIFY, 4, queue);
  }

  private void isAFinding(String how) {
    assertThatThrownBy(() -> device.reports().check())
        .isInstanceOf(FuzzFinding.class)
        .hasMessageContaining("reported page")
        .hasMessageContaining(how);
  }

  @Test
  void aPageThatIsWrittenIsAFinding() {
    assertThatCode(() -> device.reports().check()).doesNotThrowAnyException();
    memory.store64(REPORTED + 2 * GuestMemory.PAGE_SIZE, 1);
    assertThatCode(() -> device.reports().check()).doesNotThrowAnyException();
    memory.store64(REPORTED + GuestMemory.PAGE_SIZE, 1);
    isAFinding("written");
  }

  @Test
  void aPageThatGoesIntoTheBalloonIsAFinding() {
    memory.store32(ARRAY, (int) (REPORTED >>> GuestMemory.PAGE_SHIFT) - 1);
    offer(INFLATE, ARRAY, 4, 0);
    notify(INFLATE);
    assertThatCode(() -> device.reports().check()).doesNotThrowAnyException();
    memory.store32(ARRAY, (int) (REPORTED >>> GuestMemory.PAGE_SHIFT));
    notify(INFLATE);
    isAFinding("inflated");
  }

  @Test
  void onceTheDeviceHasAnswered_orWasReset_pagesAreTheGuestsAgain() {
    device.honest();
    memory.store64(REPORTED, 1);
    assertThatCode(() -> device.reports().check()).doesNotThrowAnyException();
    device.lose(1);
    notify(REPORTING);
    device.write(MmioRegisters.STATUS, 4, 0);
    memory.store64(REPORTED, 1);
    assertThatCode(() -> device.reports().check()).doesNotThrowAnyException();
  }

  @Test
  void afterALieNobodyKnows() {
    device.reports().begin(false);
    memory.store64(REPORTED, 1);
    assertThatCode(() -> device.reports().check()).doesNotThrowAnyException();
  }
}
