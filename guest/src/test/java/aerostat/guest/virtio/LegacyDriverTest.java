package aerostat.guest.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainMachine;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Version 1 of the transport, driver side; the model refuses what version 1 does not have. */
class LegacyDriverTest {
  private static final int SIZE = 8;

  private final ModelDevice device = new ModelDevice(VirtioFixture.TEST_ID, SIZE, SIZE);

  @BeforeEach
  void old() {
    device.version = 1;
    device.offered = 0b1;
  }

  private VirtioDevice probe() {
    VirtioFixture.boot(device);
    return VirtioFixture.probe();
  }

  /** MMIO-03, MMIO-LEG-02, BASE-LEG-06, MMIO-DRV-08, BASE-LEG-01 */
  @Test
  void mmio03_thePageSizeComesFirst_andNobodyAsksForFeaturesOk() {
    VirtioDevice found = probe();
    assertThat(device.log).startsWith("read 0", "read 4", "read 8", "read c", "28=1000", "70=0");
    assertThat(device.log.stream().filter(line -> line.startsWith("70=")))
        .containsExactly("70=0", "70=1", "70=3", "70=7");
    assertThat(found.driver()).isNotNull();
    assertThat(device.accepted).isEqualTo(0b1);
  }

  /** MMIO-04, MMIO-LEG-05, MMIO-LEG-07, MMIO-LEG-08, MMIO-LEG-09, MMIO-LEG-13, SPLIT-LEG-01 */
  @Test
  void mmio04_aQueueIsSetUpInOrder() {
    probe();
    // The numbering is looked up first (EDGE-02).
    int begin = device.log.indexOf("38=" + Integer.toHexString(SIZE)) - 3;
    assertThat(device.log.subList(begin, begin + 6).stream().map(l -> l.replaceAll("=.*", "")))
        .containsExactly("30", "read 40", "read 34", "38", "3c", "40");
    assertThat(device.log).contains("38=" + Integer.toHexString(SIZE), "3c=1000");
    assertThat(device.isReady(0)).isTrue();
    assertThat(device.isReady(1)).isTrue();
  }

  /** SPLIT-LEG-02, SPLIT-LEG-03, SPLIT-LEG-04, MMIO-LEG-14, MMIO-LEG-15 */
  @Test
  void ringsAreOneBlockWhereTheDeviceLooks() {
    probe();
    Virtqueue q = VirtioFixture.first();
    assertThat(q.descriptors() % 4096).isZero();
    assertThat(device.descriptors(0)).isEqualTo(q.descriptors());
    assertThat(device.availRing(0)).isEqualTo(q.avail());
    assertThat(device.usedRing(0)).isEqualTo(q.used());
    assertThat(Memory.load64(q.used())).as("zeroed").isZero();
    long buffer = PlainMachine.RAM_BASE + (40 << 20);
    for (int i = 0; i < 3 * SIZE; i++) {
      assertThat(VirtioRing.addOutbuf(q, buffer, 16, 1 + i)).isZero();
      VirtioRing.kick(q);
      ModelDevice.Buffer taken = device.pop(0);
      assertThat(taken.pieces()).containsExactly(new ModelDevice.Piece(buffer, 16, false));
      device.push(0, taken.head(), 12345);
      PlainMachine.safepoint();
      assertThat(VirtioRing.getBuf(q)).isEqualTo(1 + i);
    }
    assertThat(VirtioFixture.callbacks()).isEqualTo(3 * SIZE);
  }

  /**
   * MMIO-02, UAPI-15, BASE-TXT-05: over version 1 the config space is read and written by bytes.
   */
  @Test
  void mmio02_configGoesByteByByte_lowestFirst() {
    VirtioDevice found = probe();
    device.setConfig32(4, 0x8899aabb);
    device.configReads = 0;
    assertThat(found.configRead32(4)).isEqualTo(0x8899aabb);
    assertThat(device.configReads).isEqualTo(4);
    device.log.clear();
    found.configWrite32(8, 0xf1e2d3c4);
    assertThat(device.log).containsExactly("108=c4", "109=d3", "10a=e2", "10b=f1");
    assertThat(device.config32(8)).isEqualTo(0xf1e2d3c4);
  }

  /** FEAT-LEG-04, FEAT-LEG-05, BASE-LEG-01 */
  @Test
  void ofALegacyOfferOnlyKnownBitsOfTheOneWindowAreAccepted() {
    device.offered = -1L; // a device that lies: VERSION_1 and RING_PACKED over version 1
    probe();
    assertThat(device.accepted)
        .isEqualTo(
            0b1011
                | VirtioIds.bit(VirtioIds.F_ANY_LAYOUT)
                | VirtioIds.bit(VirtioIds.F_INDIRECT_DESC)
                | VirtioIds.bit(VirtioIds.F_EVENT_IDX));
    assertThat(VirtioFixture.first().isPacked()).isFalse();
  }

  /** SPLIT-TXT-12: only with ANY_LAYOUT are buffers cut freely; the driver can do with either. */
  @Test
  void aListGoesThrough() {
    device.offered |= VirtioIds.bit(VirtioIds.F_ANY_LAYOUT);
    probe();
    Virtqueue q = VirtioFixture.first();
    long list = VirtioFixture.INFOS + 4L * VirtqueueInfo.SIZE;
    Scatterlist sg = new Scatterlist(list);
    long buffer = PlainMachine.RAM_BASE + (40 << 20);
    sg.at(0).set(buffer, 8);
    sg.at(1).set(buffer + 64, 16);
    assertThat(VirtioRing.addSgs(q, sg, 1, 1, 5)).isZero();
    assertThat(device.pop(0).pieces())
        .isEqualTo(
            List.of(
                new ModelDevice.Piece(buffer, 8, false),
                new ModelDevice.Piece(buffer + 64, 16, true)));
  }

  /** MMIO-05, MMIO-LEG-10 */
  @Test
  void mmio05_queuesAreStoppedWithPfn0() {
    VirtioDevice found = probe();
    device.log.clear();
    found.config().delVqs(found);
    assertThat(device.log).containsSubsequence("30=1", "40=0", "30=0", "40=0");
    assertThat(device.isReady(0)).isFalse();
    assertThat(device.isReady(1)).isFalse();
  }

  /** MMIO-LEG-05: nor is it asked for its size. */
  @Test
  void mmio04_aQueueInUseIsNotTaken() {
    VirtioFixture.boot(device);
    device.onReset = () -> {};
    VirtioDevice found = VirtioFixture.probe();
    found.config().delVqs(found);
    device.setReady(0);
    device.write(0x30, 4, 0);
    device.write(0x40, 4, 77);
    assertThat(found.config().findVqs(found, VirtioFixture.infos(), 3)).isEqualTo(-2);
  }

  /** MMIO-12: after a suspend the page size is written again, before all else. */
  @Test
  void mmio12_thePageSizeIsWrittenAgainOnResume() {
    VirtioDevice found = probe();
    device.log.clear();
    VirtioBus.unbind(found);
    device.log.clear();
    assertThat(VirtioPm.restore(found)).isZero();
    assertThat(device.log).startsWith("28=1000", "70=0");
  }

  @Test
  void withoutVersion1ARegisterVersionOf2IsStillRefused() {
    device.version = 2;
    probe();
    assertThat(device.status & VirtioIds.STATUS_FAILED).isNotZero();
  }
}
