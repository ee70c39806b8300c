package aerostat.guest.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.machine.Memory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Split rings with VIRTIO_F_IN_ORDER on the driver's side; packed: VirtioRingPackedTest. */
class VirtioRingInOrderTest {
  private static final long DATA = 0x4300_0000L;
  private static final int SIZE = 8;

  private ModelDevice device;
  private Virtqueue q;

  private void boot(int... features) {
    device = new ModelDevice(VirtioFixture.TEST_ID, SIZE, SIZE);
    device.offered |= VirtioIds.bit(VirtioIds.F_IN_ORDER);
    for (int feature : features) {
      device.offered |= VirtioIds.bit(feature);
    }
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    q = VirtioFixture.first();
    assertThat(q.isInOrder()).isTrue();
    assertThat(device.accepted & VirtioIds.bit(VirtioIds.F_IN_ORDER)).isNotZero();
  }

  private static Scatterlist pieces(int n) {
    Scatterlist sg = new Scatterlist(DATA + 0x10_0000);
    for (int i = 0; i < n; i++) {
      sg.at(i).set(DATA + 0x1000L * i, 100 + i);
    }
    return sg;
  }

  /** SPLIT-DRV-05, SPLIT-TXT-08: slots are taken round the table, next is the slot after. */
  @Test
  void slotsAreTakenInRingOrder() {
    boot();
    int slot = 0;
    for (int round = 0; round < 20; round++) {
      int n = 1 + round % 5;
      assertThat(VirtioRing.addSgs(q, pieces(n), n, 0, 1 + round)).isZero();
      ModelDevice.Buffer buffer = device.pop(0);
      assertThat(buffer.head()).as("round %d", round).isEqualTo(slot);
      for (int i = 0; i < n; i++) {
        long desc = device.descriptors(0) + 16L * ((slot + i) % SIZE);
        assertThat(Memory.load16(desc + 12) & 1).isEqualTo(i < n - 1 ? 1 : 0);
        if (i < n - 1) {
          assertThat(Memory.load16(desc + 14)).isEqualTo((slot + i + 1) % SIZE);
        }
      }
      device.push(0, buffer.head(), 0);
      assertThat(VirtioRing.getBuf(q)).isEqualTo(1 + round);
      assertThat(q.free()).isEqualTo(SIZE);
      slot = (slot + n) % SIZE;
    }
  }

  /** SPLIT-DRV-10 */
  @Test
  void tablesLieInSequence() {
    boot(VirtioIds.F_INDIRECT_DESC);
    for (int round = 0; round < 12; round++) {
      assertThat(VirtioRing.addSgs(q, pieces(4), 2, 2, 1 + round)).isZero();
      long desc = device.descriptors(0) + 16L * (round % SIZE);
      assertThat(Memory.load16(desc + 12)).isEqualTo(VringLayout.F_INDIRECT);
      long table = Memory.load64(desc);
      for (int i = 0; i < 3; i++) {
        assertThat(Memory.load16(table + 16L * i + 14)).isEqualTo(i + 1);
      }
      device.push(0, device.pop(0).head(), 0);
      assertThat(VirtioRing.getBuf(q)).isEqualTo(1 + round);
    }
  }

  /** SPLIT-TXT-10: one entry with the last head returns all before it too, used completely. */
  @Test
  void aBatchReturnsAllUpToItsLast() {
    boot(VirtioIds.F_EVENT_IDX);
    VirtioRing.addSgs(q, pieces(3), 1, 2, 11);
    VirtioRing.addOutbuf(q, DATA, 16, 12);
    VirtioRing.addInbuf(q, DATA, 40, 13);
    VirtioRing.addInbuf(q, DATA, 50, 14);
    int last = 0;
    for (int i = 0; i < 3; i++) {
      last = device.pop(0).head();
    }
    device.pushBatch(0, last, 5, 3);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(11);
    assertThat(q.lastLength()).as("used completely").isEqualTo(101 + 102);
    assertThat(VirtioRing.poll(q, q.lastUsed())).as("there is more").isTrue();
    assertThat(VirtioRing.getBuf(q)).isEqualTo(12);
    assertThat(q.lastLength()).isZero();
    assertThat(VirtioRing.getBuf(q)).isEqualTo(13);
    assertThat(q.lastLength()).as("the last one's length is the entry's").isEqualTo(5);
    assertThat(VirtioRing.getBuf(q)).isZero();
    assertThat(q.free()).isEqualTo(SIZE - 1);
    device.push(0, device.pop(0).head(), 9);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(14);
    assertThat(q.isBroken()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, VirtioIds.F_INDIRECT_DESC, VirtioIds.F_EVENT_IDX})
  void randomBatchesComeBackCompleteAndInOrder(int feature) {
    boot(feature);
    Random random = new Random(7);
    Queue<Long> sent = new ArrayDeque<>();
    List<Integer> heads = new ArrayList<>();
    long token = 1;
    for (int step = 0; step < 3000; step++) {
      int n = 1 + random.nextInt(4);
      if (random.nextBoolean() && VirtioRing.addSgs(q, pieces(n), n, 0, token) == 0) {
        heads.add(device.pop(0).head());
        sent.add(token++);
      } else if (!heads.isEmpty()) {
        int count = 1 + random.nextInt(heads.size());
        device.pushBatch(0, heads.get(count - 1), 0, count);
        heads.subList(0, count).clear();
        for (int i = 0; i < count; i++) {
          assertThat(VirtioRing.getBuf(q)).isEqualTo(sent.remove());
        }
        assertThat(VirtioRing.getBuf(q)).isZero();
      }
    }
    assertThat(token).isGreaterThan(500);
    assertThat(q.isBroken()).isFalse();
  }

  private void assertBreaks(String what) {
    while (VirtioRing.getBuf(q) != 0) {
      // what was used properly comes back
    }
    assertThat(q.isBroken()).isTrue();
    assertThat(VirtioFixture.console()).contains(what);
    assertThat(VirtioRing.addOutbuf(q, DATA, 16, 9)).isEqualTo(-5);
  }

  private void send(int n) {
    for (int i = 0; i < n; i++) {
      VirtioRing.addOutbuf(q, DATA, 16, 1 + i);
      device.pop(0);
    }
  }

  @Test
  void anIdOfABufferBeyondTheUsedIndexBreaksTheQueue() {
    boot();
    send(4);
    device.pushBatch(0, 3, 0, 2);
    assertBreaks("first:id 3 is beyond the used buffers");
  }

  @Test
  void anIdThatIsNotInFlightBreaksTheQueue() {
    boot();
    send(3);
    device.pushBatch(0, 5, 0, 2);
    assertBreaks("first:id 5 is not a head!");
  }

  @Test
  void anIdOutOfRangeBreaksTheQueue() {
    boot();
    send(3);
    device.pushBatch(0, -1, 0, 1);
    assertBreaks("first:id 4294967295 out of range");
  }

  @Test
  void moreThanIsInFlightBreaksTheQueue() {
    boot();
    send(3);
    device.pushBatch(0, 2, 0, 4);
    assertBreaks("is beyond the available buffers");
  }

  /** BASE-DRV-31: what is left comes back after a reset. */
  @Test
  void unusedBuffersAreTakenBack() {
    boot();
    send(3);
    device.push(0, 0, 0);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    VirtioBus.first().reset();
    assertThat(VirtioRing.detachUnusedBuf(q)).isEqualTo(2);
    assertThat(VirtioRing.detachUnusedBuf(q)).isEqualTo(3);
    assertThat(VirtioRing.detachUnusedBuf(q)).isZero();
    assertThat(q.free()).isEqualTo(SIZE);
  }
}
