package aerostat.guest.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Page;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Clauses of the standard that the other tests of the bus and the rings do not name. */
class DriverConformanceTest {
  private final ModelDevice device = new ModelDevice(VirtioFixture.TEST_ID, 8, 8);

  private List<String> writes(String register) {
    return device.log.stream().filter(line -> line.startsWith(register + "=")).toList();
  }

  private static long value(String line) {
    return Long.parseLong(line.substring(line.indexOf('=') + 1), 16);
  }

  /** BASE-DRV-02 */
  @Test
  void statusBitsAreOnlyAdded() {
    VirtioFixture.boot(device);
    VirtioFixture.failProbe(-5);
    VirtioFixture.probe();
    long status = 0;
    for (String line : writes("70")) {
      long written = value(line);
      assertThat(written == 0 || (status & ~written) == 0).as(line + " after " + status).isTrue();
      status = written;
    }
    assertThat(writes("70")).hasSizeGreaterThan(4);
  }

  /**
   * BASE-DRV-05, BASE-DRV-08, BASE-DRV-12, FEAT-DRV-03, FEAT-DRV-06, FEAT-DRV-10, FEAT-TXT-03,
   * MMIO-TXT-19
   */
  @Test
  void ofAllBitsOnlyKnownOnesAreAccepted() {
    device.offered = -1L;
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    assertThat(device.status).isEqualTo(15);
    long known =
        0b1011
            | VirtioIds.bit(VirtioIds.F_INDIRECT_DESC)
            | VirtioIds.bit(VirtioIds.F_EVENT_IDX)
            | VirtioIds.bit(VirtioIds.F_VERSION_1)
            | VirtioIds.bit(VirtioIds.F_ACCESS_PLATFORM)
            | VirtioIds.bit(VirtioIds.F_RING_PACKED)
            | VirtioIds.bit(VirtioIds.F_IN_ORDER)
            | VirtioIds.bit(VirtioIds.F_NOTIFICATION_DATA)
            | VirtioIds.bit(VirtioIds.F_RING_RESET);
    assertThat(device.accepted).isEqualTo(known);
  }

  /** BASE-DRV-13: written, then read. */
  @Test
  void aResetIsReadBack() {
    VirtioFixture.boot(device);
    VirtioDevice found = VirtioFixture.probe();
    device.log.clear();
    found.reset();
    assertThat(device.log).startsWith("70=0", "read 70");
  }

  /** BASE-DRV-25, BASE-DRV-26 */
  @Test
  void featuresComeBeforeEverythingElse() {
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    int fixed = device.log.indexOf("70=b");
    assertThat(fixed).isPositive();
    for (int i = 0; i < device.log.size(); i++) {
      String register = device.log.get(i).replaceAll("=.*", "");
      if (i < fixed) {
        assertThat(register).as("before FEATURES_OK").isNotIn("30", "38", "44");
        assertThat(register).doesNotMatch("1[0-9a-f][0-9a-f]");
      } else {
        assertThat(register).as("after FEATURES_OK").isNotEqualTo("20");
      }
    }
  }

  /** SPLIT-DRV-01, SPLIT-DRV-19, MMIO-TXT-18, SPLIT-TXT-03 */
  @Test
  void ringsAreAlignedAndZeroed() {
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    for (int queue = 0; queue < 2; queue++) {
      assertThat(device.descriptors(queue) % 16).isZero();
      assertThat(device.availRing(queue) % 2).isZero();
      assertThat(device.usedRing(queue) % 4).isZero();
      assertThat(Memory.load32(device.usedRing(queue))).isZero();
      assertThat(Memory.load16(device.availRing(queue) + 2)).isZero();
    }
    Virtqueue q = VirtioFixture.first();
    long end = q.descriptors() + ((long) Page.PAGE_SIZE << q.ringOrder());
    assertThat(q.used() + 6 + 8L * q.size()).as("all in one block").isLessThanOrEqualTo(end);
    assertThat(q.avail() + 6 + 2L * q.size()).isLessThanOrEqualTo(q.used());
    assertThat(q.descriptors() + 16L * q.size()).isLessThanOrEqualTo(q.avail());
  }

  /**
   * MMIO-DRV-01 to MMIO-DRV-05, MMIO-DRV-28; the model refuses other widths, directions and
   * registers.
   */
  @Test
  void onlyRegistersOfTheTableAreTouched() {
    VirtioFixture.boot(device);
    VirtioDevice found = VirtioFixture.probe();
    VirtioBus.unbind(found);
    Set<String> touched = new TreeSet<>();
    for (String line : device.log) {
      touched.add(line.replace("read ", "").replaceAll("=.*", ""));
    }
    assertThat(touched).as("shared memory").doesNotContain("ac", "b0", "b4", "b8", "bc");
    assertThat(touched).contains("0", "4", "8", "10", "20", "70", "44").doesNotContain("c0");
  }

  /** MMIO-DRV-16, MMIO-DRV-17 */
  @Test
  void aQueueIsStoppedAndReadBack() {
    VirtioFixture.boot(device);
    VirtioDevice found = VirtioFixture.probe();
    device.log.clear();
    found.config().delVqs(found);
    assertThat(device.log).containsSubsequence("30=0", "44=0", "read 44");
    assertThat(device.isReady(0)).isFalse();
    assertThat(device.isReady(1)).isFalse();
  }

  /** MMIO-DRV-19, MMIO-DRV-30, MMIO-DRV-32 */
  @Test
  void anInterruptIsReadAndAcknowledged() {
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    device.log.clear();
    device.raise(2);
    Cpu.safepoint();
    assertThat(device.log).containsSubsequence("read 60", "64=2");
    assertThat(device.pendingBits()).isZero();
    assertThat(VirtioFixture.changes()).isPositive();
  }
}
