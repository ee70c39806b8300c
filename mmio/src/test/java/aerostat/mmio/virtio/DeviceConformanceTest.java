package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

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
}
