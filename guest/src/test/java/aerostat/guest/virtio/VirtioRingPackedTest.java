package aerostat.guest.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.machine.Memory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packed rings on the driver's side; the test is the device. */
class VirtioRingPackedTest {
  private static final long DATA = 0x4300_0000L;
  private static final int SIZE = 8;
  private static final int AVAIL = VirtioRingPacked.F_AVAIL;
  private static final int USED = VirtioRingPacked.F_USED;

  private ModelDevice device;
  private Virtqueue q;
  private final List<Integer> notifications = new ArrayList<>();
  private int at;
  private boolean wrap = true;
  private int used;
  private boolean usedWrap = true;

  private void boot(int... features) {
    device = new ModelDevice(VirtioFixture.TEST_ID, SIZE, SIZE);
    device.offered |= VirtioIds.bit(VirtioIds.F_RING_PACKED);
    for (int feature : features) {
      device.offered |= VirtioIds.bit(feature);
    }
    device.onNotify = notifications::add;
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    q = VirtioFixture.first();
    notifications.clear();
    assertThat(q.isPacked()).isTrue();
  }

  private long slot(int i) {
    return device.descriptors(0) + 16L * i;
  }

  private int flags(int i) {
    return Memory.load16(slot(i) + 14);
  }

  private boolean isAvailable(int i) {
    int flags = flags(i);
    return (flags & AVAIL) != 0 == wrap && (flags & USED) != 0 != wrap;
  }

  /** Takes the next list; its id, or -1. */
  private int take() {
    if (!isAvailable(at)) {
      return -1;
    }
    int id = 0;
    boolean more = true;
    while (more) {
      id = Memory.load16(slot(at) + 12);
      more = (flags(at) & 1) != 0;
      at++;
      if (at == SIZE) {
        at = 0;
        wrap = !wrap;
      }
    }
    return id;
  }

  private void use(int id, int slots, int length) {
    Memory.store16(slot(used) + 12, id);
    Memory.store32(slot(used) + 8, length);
    Memory.store16(slot(used) + 14, (usedWrap ? AVAIL | USED : 0) | (length > 0 ? 2 : 0));
    used += slots;
    if (used >= SIZE) {
      used -= SIZE;
      usedWrap = !usedWrap;
    }
  }

  private static Scatterlist pieces(int n) {
    Scatterlist sg = new Scatterlist(DATA + 0x10_0000);
    for (int i = 0; i < n; i++) {
      sg.at(i).set(DATA + 0x1000L * i, 100 + i);
    }
    return sg;
  }

  /** PACKED-DRV-01, PACKED-TXT-07 */
  @Test
  void theRingIsAlignedAndZeroed() {
    boot();
    assertThat(device.descriptors(0) % 16).isZero();
    assertThat(device.availRing(0) % 4).isZero();
    assertThat(device.usedRing(0) % 4).isZero();
    for (long a = device.descriptors(0); a < device.descriptors(0) + 16 * SIZE + 8; a += 4) {
      assertThat(Memory.load32(a)).isZero();
    }
  }

  /** PACKED-TXT-02, PACKED-TXT-03, PACKED-TXT-05, PACKED-TXT-09 to PACKED-TXT-12, PACKED-DRV-08 */
  @Test
  void listsGoRoundTheRing() {
    boot();
    for (int round = 0; round < 20; round++) {
      int total = 1 + round % 3;
      int error = VirtioRing.addSgs(q, pieces(total), total - 1, 1, 70 + round);
      assertThat(error).isZero();
      int first = at;
      assertThat(flags(first) & 1).isEqualTo(total > 1 ? 1 : 0);
      int id = take();
      assertThat(id).isNotNegative();
      assertThat(flags((at + SIZE - 1) % SIZE) & 3).as("the last is writable").isEqualTo(2);
      assertThat(isAvailable(at)).isFalse();
      use(id, total, 5);
      assertThat(VirtioRing.getBuf(q)).as("round " + round).isEqualTo(70 + round);
      assertThat(q.lastLength()).isEqualTo(5);
      assertThat(q.free()).isEqualTo(SIZE);
      assertThat(VirtioRing.getBuf(q)).isZero();
    }
  }

  /** PACKED-DRV-06, PACKED-DRV-07, PACKED-DRV-09, PACKED-DRV-10, PACKED-TXT-26 */
  @Test
  void aListWithoutRoomTouchesNothing() {
    boot();
    assertThat(VirtioRing.addSgs(q, pieces(6), 6, 0, 1)).isZero();
    assertThat(VirtioRing.addSgs(q, pieces(3), 3, 0, 2)).isEqualTo(-Errno.ENOSPC);
    assertThat(VirtioRing.addSgs(q, pieces(9), 9, 0, 2)).isEqualTo(-Errno.ENOSPC);
    assertThat(flags(6)).isZero();
    assertThat(VirtioRing.addSgs(q, pieces(2), 2, 0, 2)).isZero();
    assertThat(q.free()).isZero();
  }

  /** PACKED-DRV-06, PACKED-DRV-07, PACKED-DRV-14, PACKED-TXT-19: nor is a table longer. */
  @Test
  void aTableIsNotLongerThanTheRing() {
    boot(VirtioIds.F_INDIRECT_DESC);
    assertThat(VirtioRing.addSgs(q, pieces(SIZE + 1), 1, SIZE, 1)).isEqualTo(-Errno.ENOSPC);
    assertThat(flags(0)).isZero();
    assertThat(VirtioRing.addSgs(q, pieces(SIZE), 1, SIZE - 1, 1)).isZero();
  }

  /** PACKED-DRV-12 to PACKED-DRV-15 */
  @Test
  void aTableTakesOneSlotAndHasNoFlagsButWrite() {
    boot(VirtioIds.F_INDIRECT_DESC);
    assertThat(VirtioRing.addSgs(q, pieces(3), 2, 1, 9)).isZero();
    assertThat(q.free()).isEqualTo(SIZE - 1);
    assertThat(flags(0)).isEqualTo(AVAIL | 4);
    long table = Memory.load64(slot(0));
    assertThat(Memory.load32(slot(0) + 8)).isEqualTo(48);
    assertThat(Memory.load16(table + 14)).isZero();
    assertThat(Memory.load16(table + 30)).isZero();
    assertThat(Memory.load16(table + 46)).isEqualTo(2);
    use(take(), 1, 0);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(9);
  }

  /** PACKED-DRV-02, PACKED-DRV-03 */
  @Test
  void whatIsAvailableIsNotChanged() {
    boot();
    assertThat(VirtioRing.addSgs(q, pieces(2), 2, 0, 1)).isZero();
    long[] before = {
      Memory.load64(slot(0)), Memory.load64(slot(0) + 8), Memory.load64(slot(1) + 8)
    };
    assertThat(VirtioRing.addOutbuf(q, DATA, 1, 2)).isZero();
    VirtioRing.kick(q);
    assertThat(
            new long[] {
              Memory.load64(slot(0)), Memory.load64(slot(0) + 8), Memory.load64(slot(1) + 8)
            })
        .isEqualTo(before);
  }

  @Test
  void outOfOrderUseFreesTheRightSlots() {
    boot();
    assertThat(VirtioRing.addSgs(q, pieces(3), 3, 0, 1)).isZero();
    assertThat(VirtioRing.addSgs(q, pieces(2), 2, 0, 2)).isZero();
    int first = take();
    int second = take();
    use(second, 2, 0);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(2);
    assertThat(q.free()).isEqualTo(5);
    use(first, 3, 0);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    assertThat(q.free()).isEqualTo(SIZE);
  }

  /** PACKED-TXT-15: without WRITE the length means nothing. PACKED-TXT-13: NEXT neither. */
  @Test
  void lengthWithoutWriteIsIgnored() {
    boot();
    assertThat(VirtioRing.addOutbuf(q, DATA, 1, 2)).isZero();
    int id = take();
    Memory.store16(slot(0) + 12, id);
    Memory.store32(slot(0) + 8, 1234);
    Memory.store16(slot(0) + 14, AVAIL | USED | 1);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(2);
    assertThat(q.lastLength()).isZero();
  }

  /** PACKED-TXT-23, PACKED-TXT-28 */
  @Test
  void theDevicesFlagsDecideOverKicks() {
    boot();
    Memory.store16(device.usedRing(0) + 2, VirtioRingPacked.EVENT_DISABLE);
    VirtioRing.addOutbuf(q, DATA, 1, 1);
    VirtioRing.kick(q);
    assertThat(notifications).isEmpty();
    Memory.store16(device.usedRing(0) + 2, VirtioRingPacked.EVENT_ENABLE);
    VirtioRing.addOutbuf(q, DATA, 1, 2);
    VirtioRing.kick(q);
    assertThat(notifications).containsExactly(0);
  }

  /** PACKED-TXT-24 */
  @Test
  void theDevicesPositionDecidesOverKicks() {
    boot(VirtioIds.F_EVENT_IDX);
    for (int round = 0; round < 30; round++) {
      int position = VirtioRingPacked.position(q);
      Memory.store16(device.usedRing(0), position ^ VirtioRingPacked.WRAP);
      Memory.store16(device.usedRing(0) + 2, VirtioRingPacked.EVENT_DESC);
      VirtioRing.addOutbuf(q, DATA, 1, 1);
      VirtioRing.kick(q);
      assertThat(notifications).as("round " + round).isEmpty();
      Memory.store16(device.usedRing(0), VirtioRingPacked.position(q));
      VirtioRing.addOutbuf(q, DATA, 1, 1);
      VirtioRing.kick(q);
      assertThat(notifications).as("round " + round).containsExactly(0);
      notifications.clear();
      use(take(), 1, 0);
      use(take(), 1, 0);
      assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
      assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    }
  }

  /** PACKED-DRV-04, BASE-TXT-12, MMIO-TXT-08 */
  @Test
  void notificationsCarryThePosition() {
    boot(VirtioIds.F_NOTIFICATION_DATA);
    for (int i = 0; i < 9; i++) {
      VirtioRing.addOutbuf(q, DATA, 1, 1);
      VirtioRing.kick(q);
      use(take(), 1, 0);
      assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    }
    assertThat(notifications.get(0)).isEqualTo(0x8001 << 16);
    assertThat(notifications.get(6)).isEqualTo(0x8007 << 16);
    assertThat(notifications.get(7)).isZero();
    assertThat(notifications.get(8)).isEqualTo(1 << 16);
  }

  /** PACKED-TXT-25: callbacks off and on by the driver's event flags. */
  @Test
  void callbacksCanBeSwitchedOffAndOn() {
    boot();
    VirtioRing.disableCb(q);
    assertThat(Memory.load16(device.availRing(0) + 2)).isEqualTo(VirtioRingPacked.EVENT_DISABLE);
    assertThat(VirtioRing.enableCb(q)).isTrue();
    assertThat(Memory.load16(device.availRing(0) + 2)).isEqualTo(VirtioRingPacked.EVENT_ENABLE);
    VirtioRing.addOutbuf(q, DATA, 1, 1);
    use(take(), 1, 0);
    assertThat(VirtioRing.enableCb(q)).as("there is something already").isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {SIZE, 0xffff, 3})
  void aBadIdBreaksTheQueue(int id) {
    boot();
    VirtioRing.addOutbuf(q, DATA, 1, 1);
    take();
    use(id, 1, 0);
    assertThat(VirtioRing.getBuf(q)).isZero();
    assertThat(q.isBroken()).isTrue();
    assertThat(VirtioRing.addOutbuf(q, DATA, 1, 1)).isEqualTo(-Errno.EIO);
  }

  @Test
  void unusedBuffersCanBeTakenBack() {
    boot(VirtioIds.F_INDIRECT_DESC);
    VirtioRing.addSgs(q, pieces(3), 3, 0, 11);
    VirtioRing.addOutbuf(q, DATA, 1, 12);
    List<Long> back = new ArrayList<>();
    for (long d = VirtioRing.detachUnusedBuf(q); d != 0; d = VirtioRing.detachUnusedBuf(q)) {
      back.add(d);
    }
    assertThat(back).containsExactlyInAnyOrder(11L, 12L);
    assertThat(q.free()).isEqualTo(SIZE);
  }

  /** PACKED-TXT-21: the id is the slot; one used descriptor returns all up to its buffer. */
  @Test
  void inOrder_aBatchReturnsAllUpToItsLast() {
    boot(VirtioIds.F_IN_ORDER);
    int slot = 0;
    for (int round = 0; round < 30; round++) {
      int first = round % 3 + 1;
      assertThat(VirtioRing.addSgs(q, pieces(first), 0, first, 11)).isZero();
      assertThat(VirtioRing.addOutbuf(q, DATA, 16, 12)).isZero();
      assertThat(VirtioRing.addInbuf(q, DATA, 40, 13)).isZero();
      assertThat(take()).isEqualTo(slot);
      assertThat(take()).isEqualTo((slot + first) % SIZE);
      int last = take();
      assertThat(last).isEqualTo((slot + first + 1) % SIZE);
      use(last, first + 2, 5);
      assertThat(VirtioRing.getBuf(q)).isEqualTo(11);
      assertThat(q.lastLength()).isEqualTo(first == 1 ? 100 : first == 2 ? 201 : 303);
      assertThat(VirtioRing.poll(q, q.lastUsed())).as("there is more").isTrue();
      assertThat(VirtioRing.getBuf(q)).isEqualTo(12);
      assertThat(q.lastLength()).isZero();
      assertThat(VirtioRing.getBuf(q)).isEqualTo(13);
      assertThat(q.lastLength()).isEqualTo(5);
      assertThat(VirtioRing.getBuf(q)).isZero();
      assertThat(q.free()).isEqualTo(SIZE);
      slot = (slot + first + 2) % SIZE;
    }
    assertThat(q.isBroken()).isFalse();
  }

  @Test
  void inOrder_anIdThatIsNotInFlightBreaksTheQueue() {
    boot(VirtioIds.F_IN_ORDER);
    VirtioRing.addOutbuf(q, DATA, 16, 1);
    VirtioRing.addOutbuf(q, DATA, 16, 2);
    use(take() + 3, 1, 0);
    assertThat(VirtioRing.getBuf(q)).isZero();
    assertThat(q.isBroken()).isTrue();
    assertThat(VirtioFixture.console()).contains("first:id 3 is not a head!");
  }
}
