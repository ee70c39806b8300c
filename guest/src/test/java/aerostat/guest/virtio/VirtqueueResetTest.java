package aerostat.guest.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.machine.Memory;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.plain.PlainMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One queue is reset, and works again, the driver's side of VIRTIO_F_RING_RESET. */
class VirtqueueResetTest {
  private static final long DATA = 0x4300_0000L;
  private static final int SIZE = 8;

  /** Sum of the tokens that were recycled. */
  private static final long RECYCLED = VirtioFixture.INFOS + 8L * VirtqueueInfo.SIZE;

  private ModelDevice device;
  private Virtqueue q;

  private void boot(int... features) {
    device = new ModelDevice(VirtioFixture.TEST_ID, SIZE, SIZE);
    for (int feature : features) {
      device.offered |= VirtioIds.bit(feature);
    }
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    q = VirtioFixture.first();
    device.log.clear();
  }

  private static void recycle(Virtqueue q, long data) {
    Memory.store64(RECYCLED, Memory.load64(RECYCLED) + data);
  }

  private int reset() {
    return VirtqueueReset.reset(q, VirtqueueResetTest::recycle);
  }

  private int resize(int num) {
    return VirtqueueReset.resize(q, num, VirtqueueResetTest::recycle);
  }

  private void roundTrips(int n) {
    for (int i = 0; i < n; i++) {
      assertThat(VirtioRing.addOutbuf(q, DATA, 16, 1000 + i)).isZero();
      device.ackAll(0);
      PlainMachine.safepoint();
      assertThat(VirtioRing.getBuf(q)).isEqualTo(1000 + i);
    }
  }

  /** BASE-DRV-19, BASE-DRV-21, BASE-TXT-09, MMIO-DRV-21, MMIO-DRV-22 */
  @ParameterizedTest
  @ValueSource(ints = {0, VirtioIds.F_IN_ORDER, VirtioIds.F_EVENT_IDX})
  void whatTheDeviceKeepsComesBack_andTheQueueWorksAgain(int feature) {
    boot(VirtioIds.F_RING_RESET, feature);
    roundTrips(5);
    for (int i = 1; i <= 3; i++) {
      assertThat(VirtioRing.addOutbuf(q, DATA, 16, i)).isZero();
    }
    device.pop(0);
    device.resetReads = 3;
    assertThat(reset()).isZero();
    assertThat(Memory.load64(RECYCLED)).isEqualTo(1 + 2 + 3);
    assertThat(device.log)
        .containsSubsequence(
            "30=0", "c0=1", "read c0", "read c0", "read c0", "read c0", "read 44", "30=0",
            "read 44", "38=8", "44=1");
    assertThat(device.isReady(0)).isTrue();
    assertThat(device.status).as("the device itself goes on").isEqualTo(15);
    assertThat(q.free()).isEqualTo(SIZE);
    assertThat(Memory.load32(q.avail())).isZero();
    assertThat(Memory.load32(q.used())).isZero();
    roundTrips(20);
    assertThat(q.isBroken()).isFalse();
  }

  /** The other queue's buffers stay where they are. */
  @Test
  void theOtherQueueDoesNotNotice() {
    boot(VirtioIds.F_RING_RESET);
    Virtqueue other = VirtioFixture.second();
    assertThat(VirtioRing.addOutbuf(other, DATA, 16, 5)).isZero();
    ModelDevice.Buffer held = device.pop(1);
    assertThat(reset()).isZero();
    device.push(1, held.head(), 0);
    assertThat(VirtioRing.getBuf(other)).isEqualTo(5);
  }

  /** BASE-DRV-21, MMIO-DRV-23: another number of entries. */
  @ParameterizedTest
  @ValueSource(ints = {0, VirtioIds.F_IN_ORDER})
  void aQueueGetsAnotherSize(int feature) {
    boot(VirtioIds.F_RING_RESET, feature);
    long before = FreeMemory.pages();
    for (int size : new int[] {4, 1, 2, 8, 4}) {
      VirtioRing.addOutbuf(q, DATA, 16, 7);
      assertThat(resize(size)).isZero();
      assertThat(device.size(0)).isEqualTo(size);
      assertThat(device.descriptors(0)).isEqualTo(q.descriptors());
      assertThat(device.availRing(0)).isEqualTo(q.avail());
      assertThat(device.usedRing(0)).isEqualTo(q.used());
      assertThat(q.free()).isEqualTo(size);
      roundTrips(11);
    }
    assertThat(Memory.load64(RECYCLED)).isEqualTo(5 * 7);
    assertThat(FreeMemory.pages()).as("nothing is lost").isEqualTo(before);
  }

  @Test
  void aPackedQueueIsResetAndResized() {
    boot(VirtioIds.F_RING_RESET, VirtioIds.F_RING_PACKED);
    VirtioRing.addOutbuf(q, DATA, 16, 1);
    VirtioRing.addOutbuf(q, DATA, 16, 2);
    assertThat(reset()).isZero();
    assertThat(Memory.load64(RECYCLED)).isEqualTo(3);
    assertThat(q.availWrap()).isTrue();
    assertThat(q.lastUsed()).isEqualTo(VirtioRingPacked.WRAP);
    assertThat(resize(5)).as("any size").isZero();
    assertThat(device.size(0)).isEqualTo(5);
    assertThat(q.free()).isEqualTo(5);
    assertThat(VirtioRing.addOutbuf(q, DATA, 16, 3)).isZero();
    assertThat(Memory.load16(device.descriptors(0) + 14)).isEqualTo(VirtioRingPacked.F_AVAIL);
  }

  @Test
  void withoutTheFeatureNothingHappens() {
    boot();
    VirtioRing.addOutbuf(q, DATA, 16, 1);
    assertThat(reset()).isEqualTo(-2);
    assertThat(resize(4)).isEqualTo(-2);
    assertThat(device.log).isEmpty();
    device.ackAll(0);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
  }

  @Test
  void sizesThatCannotBe() {
    boot(VirtioIds.F_RING_RESET);
    assertThat(resize(16)).isEqualTo(-7);
    assertThat(resize(0)).isEqualTo(-22);
    assertThat(resize(-1)).isEqualTo(-22);
    assertThat(resize(3)).isEqualTo(-22);
    assertThat(resize(SIZE)).isZero();
    assertThat(device.log).isEmpty();
  }

  @Test
  void aDeviceThatDoesNotLetGoKeepsABrokenQueue() {
    boot(VirtioIds.F_RING_RESET);
    VirtioRing.addOutbuf(q, DATA, 16, 1);
    device.resetReads = -1;
    assertThat(reset()).isEqualTo(-16);
    assertThat(Memory.load64(RECYCLED)).as("the buffers are still the device's").isZero();
    assertThat(q.isBroken()).isTrue();
    assertThat(VirtioFixture.console()).contains("queue 0 does not reset");
    assertThat(reset()).as("broken for good").isEqualTo(-5);
  }
}
