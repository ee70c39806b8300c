package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockRing;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MMIO-07: a device whose status reads 0 is one that was reset, whatever was written. */
class StatusZeroTest {
  private static void assertReset(MockRig rig, MockRing ring) {
    assertThat(rig.driver.status()).isZero();
    assertThat(rig.device.resets()).isEqualTo(2); // the first by the driver's set-up
    assertThat(rig.transport.queue(ring.index()).size()).isZero();
    ring.send(rig.driver.out32(1));
    assertThat(rig.device.elements()).isEmpty();
  }

  @ParameterizedTest(name = "version 1: 0x{0} is no bit that a driver may set there")
  @ValueSource(strings = {"0", "8", "10", "40", "50", "100", "ffffff00"})
  void legacy(String value) {
    try (MockRig rig = new MockRig(VirtioMmioOptions.LEGACY)) {
      MockRing ring = rig.startLegacy(0, 0, 8);
      rig.driver.write(MmioRegisters.STATUS, Integer.parseUnsignedInt(value, 16));
      assertReset(rig, ring);
    }
  }

  @ParameterizedTest(name = "version 2: of 0x{0} the lowest byte counts")
  @ValueSource(strings = {"0", "100", "ffffff00"})
  void modern(String value) {
    try (MockRig rig = new MockRig()) {
      MockRing ring = rig.start(0, 0, 8);
      rig.driver.write(MmioRegisters.STATUS, Integer.parseUnsignedInt(value, 16));
      assertReset(rig, ring);
    }
  }

  @Test
  @DisplayName("a broken device is healed by it too, over either version")
  void broken() {
    for (VirtioMmioOptions version :
        new VirtioMmioOptions[] {VirtioMmioOptions.DEFAULT, VirtioMmioOptions.LEGACY}) {
      try (MockRig rig = new MockRig(version)) {
        rig.device.fail("a test");
        rig.driver.write(MmioRegisters.STATUS, 0x40);
        assertThat(rig.broken()).as("0x40 does not take NEEDS_RESET off").isTrue();
        rig.driver.write(MmioRegisters.STATUS, 0x100);
        assertThat(rig.driver.status()).isZero();
      }
    }
  }
}
