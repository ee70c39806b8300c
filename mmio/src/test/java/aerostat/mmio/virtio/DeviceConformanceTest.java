package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses of the standard that the other tests of the transport do not name. */
class DeviceConformanceTest {
  private static final int UP_TO_FEATURES = 11;

  private final MockRig rig = new MockRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  @DisplayName(
      "BASE-DEV-06, BASE-DEV-09: each subset of the offer is accepted, after a reset again")
  void everySubsetIsAcceptedAgainAndAgain() {
    long offered = rig.driver.offeredFeatures() & ~Virtio.F_VERSION_1;
    long subset = 0;
    do {
      for (int round = 0; round < 2; round++) {
        assertThat(rig.driver.negotiate(subset)).isEqualTo(subset | Virtio.F_VERSION_1);
        assertThat(rig.transport.features()).isEqualTo(subset | Virtio.F_VERSION_1);
      }
      subset = (subset - offered) & offered; // the next subset of the bits of `offered`
    } while (subset != 0);
  }

  @Test
  @DisplayName(
      "BASE-DEV-08, FEAT-DEV-10: nothing that is undefined, reserved or of another transport")
  void offersNothingUndefined() {
    long foreign =
        (1L << 24) - 1 // the device type's
            ^ -1L
            ^ Virtio.F_INDIRECT_DESC
            ^ Virtio.F_EVENT_IDX
            ^ Virtio.F_VERSION_1;
    assertThat(rig.driver.offeredFeatures() & foreign).isZero();
    assertThat(rig.driver.offeredFeatures() & 1L << 37).as("SR_IOV").isZero();
    assertThat(rig.driver.offeredFeatures() & 1L << 41).as("ADMIN_VQ").isZero();
  }

  @Test
  @DisplayName("BASE-DEV-13: every config field can be read before FEATURES_OK")
  void configCanBeReadBeforeTheFeatures() {
    assertThat(rig.driver.status()).isZero();
    assertThat(rig.driver.config32(0)).isEqualTo(0x04030201);
    rig.driver.write(MmioRegisters.STATUS, 3);
    assertThat(rig.driver.read(MmioRegisters.CONFIG + 4L, 2)).isEqualTo(0x0605);
  }

  @Test
  @DisplayName("MMIO-TXT-04, MMIO-TXT-11: QueueSel chooses size, addresses and ready of one queue")
  void eachQueueHasRegistersOfItsOwn() {
    rig.driver.negotiate(0);
    rig.driver.setUpQueue(0, 4);
    rig.driver.write(MmioRegisters.QUEUE_SEL, 2);
    assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isZero();
    assertThat(rig.driver.read(MmioRegisters.QUEUE_SIZE_MAX)).isEqualTo(256);
    rig.driver.setUpQueue(2, 32);
    assertThat(rig.transport.queue(0).size()).isEqualTo(4);
    assertThat(rig.transport.queue(2).size()).isEqualTo(32);
    rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
    rig.driver.write(MmioRegisters.QUEUE_READY, 0);
    rig.driver.write(MmioRegisters.QUEUE_SEL, 2);
    assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isEqualTo(1);
    assertThat(rig.driver.status()).isEqualTo(UP_TO_FEATURES);
  }

  @Test
  @DisplayName("MMIO-01: what a driver had no right to is counted, what it had a right to is not")
  void wrongAccessesAreCounted() {
    rig.driver.write(MmioRegisters.CONFIG, 4, 1);
    assertThat(rig.transport.wrongAccesses()).isZero();
    rig.driver.write(MmioRegisters.CONFIG + 1L, 4, 1);
    rig.driver.write(MmioRegisters.CONFIG, 8, 1);
    assertThat(rig.transport.wrongAccesses()).isEqualTo(2);
    rig.driver.write(MmioRegisters.QUEUE_READY, 1); // before the features are agreed
    assertThat(rig.transport.wrongAccesses()).isEqualTo(3);
  }

  @Test
  @DisplayName("BASE-DEV-04: a device that breaks before DRIVER_OK says so in its status only")
  void brokenBeforeDriverOk() {
    rig.driver.negotiate(0);
    rig.device.fail("a test");
    assertThat(rig.broken()).isTrue();
    assertThat(rig.driver.read(MmioRegisters.CONFIG_GENERATION)).isZero();
    assertThat(rig.driver.interruptStatus()).isZero();
  }

  @Test
  @DisplayName("UAPI-03: a window that is written again is what was written last")
  void aFeatureWindowIsReplaced() {
    try (MockRig all =
        new MockRig(
            new MockDevice(42, 0b11, new byte[8], 8).transport(Virtio.TRANSPORT_OPTIONS), false)) {
      all.driver.acceptFeatures(Virtio.F_VERSION_1 | Virtio.F_RING_PACKED | 0b11);
      all.driver.acceptFeatures(Virtio.F_VERSION_1 | 0b01);
      all.driver.write(MmioRegisters.STATUS, UP_TO_FEATURES);
      assertThat(all.transport.features()).isEqualTo(Virtio.F_VERSION_1 | 0b01);
      assertThat(all.transport.wrongAccesses()).isZero();
    }
  }

  @Test
  @DisplayName("MMIO-06: features are agreed by FEATURES_OK, not by another write of Status")
  void onlyFeaturesOkAgrees() {
    rig.driver.acceptFeatures(Virtio.F_VERSION_1);
    rig.driver.write(MmioRegisters.STATUS, 3);
    assertThat(rig.device.featureOffers()).isEmpty();
    assertThat(rig.transport.features()).isZero();
  }

  @Test
  @DisplayName("MMIO-11: a queue reset that was agreed is no wrong access")
  void queueReset() {
    try (MockRig all =
        new MockRig(
            new MockDevice(42, 0, new byte[8], 8).transport(Virtio.TRANSPORT_OPTIONS), false)) {
      all.start(Virtio.F_RING_RESET, 0, 8);
      all.driver.write(MmioRegisters.QUEUE_RESET, 1);
      assertThat(all.driver.read(MmioRegisters.QUEUE_READY)).isZero();
      assertThat(all.transport.wrongAccesses()).isZero();
    }
  }

  @Test
  @DisplayName("the trace leaves out reads of constants, and tells status and reset")
  void traced() {
    rig.driver.negotiate(0);
    assertThat(rig.trace.lines("virtio0 read"))
        .contains("virtio0 read reg=DeviceFeatures width=4 value=0x30000007")
        .noneMatch(line -> line.contains("MagicValue") || line.contains("Version"));
    assertThat(rig.trace.lines("virtio0 status"))
        .containsExactly(
            "virtio0 status value=0x1 features=0x0",
            "virtio0 status value=0x3 features=0x0",
            "virtio0 status value=0xb features=0x100000000");
    assertThat(rig.trace.lines("virtio0 reset")).hasSize(1);
  }
}
