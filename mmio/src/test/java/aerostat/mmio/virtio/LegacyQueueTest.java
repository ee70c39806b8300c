package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Queues of version 1 that come and go by QueuePFN. */
class LegacyQueueTest {
  private static void pfn(MockRig rig, int value) {
    rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
    rig.driver.write(MmioRegisters.QUEUE_PFN, value);
  }

  @Test
  @DisplayName("MMIO-01, MMIO-05: a driver has a right to stop a queue, in use or not")
  void stopIsNoWrongAccess() {
    try (MockRig rig = new MockRig(VirtioMmioOptions.LEGACY)) {
      rig.startLegacy(0, 0, 8);
      pfn(rig, 0);
      pfn(rig, 0);
      assertThat(rig.transport.queue(0).inFlight()).isZero();
      assertThat(rig.driver.read(MmioRegisters.QUEUE_PFN)).isZero();
      assertThat(rig.transport.wrongAccesses()).isZero();
    }
  }

  @Test
  @DisplayName("MMIO-05: and, as in QEMU, to reset the device with it")
  void resetIsNoWrongAccess() {
    try (MockRig rig = new MockRig(new VirtioMmioOptions(true, true))) {
      rig.startLegacy(0, 0, 8);
      pfn(rig, 0);
      assertThat(rig.driver.status()).isZero();
      assertThat(rig.transport.wrongAccesses()).isZero();
    }
  }

  @Test
  @DisplayName("DEV-32: a queue that cannot be is not started where an older one was")
  void anOlderPlaceIsNotUsed() {
    try (MockRig rig = new MockRig(VirtioMmioOptions.LEGACY)) {
      rig.startLegacy(0, 0, 8);
      int page = rig.driver.read(MmioRegisters.QUEUE_PFN);
      pfn(rig, 0);
      rig.driver.write(MmioRegisters.QUEUE_ALIGN, 3);
      pfn(rig, page);
      assertThat(rig.broken()).isTrue();
      assertThat(rig.driver.read(MmioRegisters.QUEUE_PFN)).isZero();
      assertThat(rig.transport.violations()).isEqualTo(1);
    }
  }
}
