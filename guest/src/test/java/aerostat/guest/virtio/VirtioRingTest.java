package aerostat.guest.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainMachine;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rings on the driver's side against the model device. */
class VirtioRingTest {
  private static final long DATA = 0x4300_0000L;
  private static final int SIZE = 8;

  private ModelDevice device;
  private Virtqueue q;
  private int kicks;

  @BeforeEach
  void boot() {
    boot(0);
  }

  private void boot(long features) {
    device = new ModelDevice(VirtioFixture.TEST_ID, SIZE, SIZE);
    device.offered |= features;
    device.onNotify = queue -> kicks++;
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    q = VirtioFixture.first();
    kicks = 0;
  }

  private static Scatterlist pieces(int n) {
    Scatterlist sg = new Scatterlist(DATA + 0x10_0000);
    for (int i = 0; i < n; i++) {
      sg.at(i).set(DATA + 0x1000L * i, 100 + i);
    }
    return sg;
  }

  @Test
  void aBufferGoesOutAndComesBack() {
    assertThat(VirtioRing.addOutbuf(q, DATA, 16, 7)).isZero();
    assertThat(q.free()).isEqualTo(SIZE - 1);
    assertThat(VirtioRing.getBuf(q)).isZero();
    ModelDevice.Buffer buffer = device.pop(0);
    assertThat(buffer.pieces()).containsExactly(new ModelDevice.Piece(DATA, 16, false));
    device.push(0, buffer.head(), 3);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(7);
    assertThat(q.lastLength()).isEqualTo(3);
    assertThat(VirtioRing.getBuf(q)).isZero();
    assertThat(q.free()).isEqualTo(SIZE);
  }

  @Test
  void splitDrv02_readablePiecesComeFirst() {
    assertThat(VirtioRing.addSgs(q, pieces(4), 2, 2, 9)).isZero();
    assertThat(q.free()).isEqualTo(SIZE - 4);
    ModelDevice.Buffer buffer = device.pop(0);
    assertThat(buffer.pieces())
        .containsExactly(
            new ModelDevice.Piece(DATA, 100, false),
            new ModelDevice.Piece(DATA + 0x1000, 101, false),
            new ModelDevice.Piece(DATA + 0x2000, 102, true),
            new ModelDevice.Piece(DATA + 0x3000, 103, true));
    device.push(0, buffer.head(), 0);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(9);
    assertThat(q.free()).isEqualTo(SIZE);
  }

  @Test
  void indirectTablesTakeOneDescriptor() {
    boot(VirtioIds.bit(VirtioIds.F_INDIRECT_DESC));
    for (int i = 0; i < SIZE; i++) {
      assertThat(VirtioRing.addSgs(q, pieces(6), 3, 3, 1 + i)).isZero();
    }
    assertThat(q.free()).isZero();
    ModelDevice.Buffer buffer = device.pop(0);
    assertThat(buffer.pieces()).hasSize(6);
    assertThat(buffer.pieces().get(3).writable()).isTrue();
    long head = device.descriptors(0) + 16L * buffer.head();
    assertThat(Memory.load16(head + 12)).as("SPLIT-DRV-09").isEqualTo(VringLayout.F_INDIRECT);
    for (long entry = Memory.load64(head); entry < Memory.load64(head) + 16 * 6; entry += 16) {
      assertThat(Memory.load16(entry + 12) & VringLayout.F_INDIRECT).as("SPLIT-DRV-07").isZero();
    }
    device.push(0, buffer.head(), 0);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    assertThat(q.free()).isEqualTo(1);
  }

  @Test
  void baseDrv30_whatIsAvailableIsNotChanged() {
    assertThat(VirtioRing.addSgs(q, pieces(2), 1, 1, 1)).isZero();
    List<Long> before = exposed();
    assertThat(VirtioRing.addOutbuf(q, DATA, 16, 2)).isZero();
    VirtioRing.kick(q);
    assertThat(exposed()).isEqualTo(before);
  }

  /** The first two descriptors and the first entry of the available ring. */
  private List<Long> exposed() {
    List<Long> words = new ArrayList<>();
    for (int at = 0; at < 32; at += 8) {
      words.add(Memory.load64(device.descriptors(0) + at));
    }
    words.add((long) Memory.load16(device.availRing(0) + 4));
    return words;
  }

  /** SPLIT-DRV-11, SPLIT-TXT-04: free-running modulo 65536, and it selects a slot modulo 8. */
  @Test
  void splitTxt04_theAvailableIndexOnlyRises() {
    assertThat(Memory.load16(device.availRing(0) + 2)).isZero();
    for (int i = 0; i < 66_000; i++) {
      int slot = i % SIZE;
      Memory.store16(device.availRing(0) + 4 + 2 * slot, 0xffff);
      assertThat(VirtioRing.addOutbuf(q, DATA, 16, 1)).isZero();
      int index = Memory.load16(device.availRing(0) + 2);
      int entry = Memory.load16(device.availRing(0) + 4 + 2 * slot);
      if (index != (i + 1 & 0xffff) || entry >= SIZE) {
        throw new AssertionError("buffer " + i + ": index " + index + ", entry " + entry);
      }
      device.push(0, device.pop(0).head(), 0);
      assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    }
  }

  @Test
  void baseTxt11_notificationsCarryTheAvailableIndex() {
    boot(VirtioIds.bit(VirtioIds.F_NOTIFICATION_DATA));
    List<Integer> notified = new ArrayList<>();
    device.onNotify = notified::add;
    for (int i = 1; i <= 3; i++) {
      VirtioRing.addOutbuf(q, DATA, 16, 1);
      VirtioRing.kick(q);
    }
    assertThat(notified).containsExactly(1 << 16, 2 << 16, 3 << 16);
  }

  @Test
  void aSinglePieceIsNeverIndirect() {
    boot(VirtioIds.bit(VirtioIds.F_INDIRECT_DESC));
    assertThat(VirtioRing.addSgs(q, pieces(1), 1, 0, 1)).isZero();
    assertThat(Memory.load16(device.descriptors(0) + 12)).isZero();
  }

  @Test
  void mmio13_aFullQueueTellsTheDeviceOnlyOfReadableParts() {
    for (int i = 0; i < SIZE; i++) {
      VirtioRing.addInbuf(q, DATA, 8, 1);
    }
    assertThat(VirtioRing.addInbuf(q, DATA, 8, 1)).isEqualTo(-Errno.ENOSPC);
    assertThat(kicks).isZero();
    assertThat(VirtioRing.addOutbuf(q, DATA, 8, 1)).isEqualTo(-Errno.ENOSPC);
    assertThat(kicks).isEqualTo(1);
  }

  @Test
  void splitDrv08_aChainIsNotLongerThanTheQueue() {
    assertThat(VirtioRing.addSgs(q, pieces(SIZE + 1), 1, SIZE, 1)).isEqualTo(-Errno.ENOSPC);
    boot(VirtioIds.bit(VirtioIds.F_INDIRECT_DESC));
    assertThat(VirtioRing.addSgs(q, pieces(SIZE + 1), 1, SIZE, 1)).isEqualTo(-Errno.ENOSPC);
  }

  @Test
  void splitDrv21_flagsSuppressKicks() {
    Memory.store16(device.usedRing(0), VringLayout.USED_F_NO_NOTIFY);
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    assertThat(VirtioRing.kick(q)).isTrue();
    assertThat(kicks).isZero();
    Memory.store16(device.usedRing(0), 0);
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    VirtioRing.kick(q);
    assertThat(kicks).isEqualTo(1);
  }

  @Test
  void splitDrv24_eventIndexDecidesOverKicks() {
    boot(VirtioIds.bit(VirtioIds.F_EVENT_IDX));
    Memory.store16(device.usedRing(0), VringLayout.USED_F_NO_NOTIFY);
    long event = device.usedRing(0) + 4 + 8 * SIZE;
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    VirtioRing.kick(q);
    assertThat(kicks).as("avail_event 0 was passed; SPLIT-DRV-23: flags ignored").isEqualTo(1);
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    VirtioRing.kick(q);
    assertThat(kicks).as("avail_event stays at 0").isEqualTo(1);
    Memory.store16(event, 3);
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    VirtioRing.kick(q);
    assertThat(kicks).as("a batch passed avail_event").isEqualTo(2);
  }

  @Test
  void interruptsCallBackAndPolledQueuesAskForNone() {
    assertThat(Memory.load16(device.availRing(1))).isEqualTo(VringLayout.AVAIL_F_NO_INTERRUPT);
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    device.ackAll(0);
    PlainMachine.safepoint();
    assertThat(VirtioFixture.callbacks()).isEqualTo(1);
    device.raise(1);
    PlainMachine.safepoint();
    assertThat(VirtioFixture.callbacks()).as("still one used buffer to be taken").isEqualTo(2);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    device.raise(1);
    PlainMachine.safepoint();
    assertThat(VirtioFixture.callbacks()).as("SPLIT-DRV-16: nothing new").isEqualTo(2);
  }

  @Test
  void callbacksCanBeSwitchedOffAndOn() {
    VirtioRing.disableCb(q);
    assertThat(Memory.load16(device.availRing(0))).isEqualTo(1);
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    device.ackAll(0);
    assertThat(device.pendingBits()).isZero();
    assertThat(VirtioRing.enableCb(q)).as("a buffer was used meanwhile").isFalse();
    assertThat(Memory.load16(device.availRing(0))).isZero();
    assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    assertThat(VirtioRing.enableCb(q)).isTrue();
  }

  @Test
  void splitDrv14_withEventIndexTheFlagsStayZero() {
    boot(VirtioIds.bit(VirtioIds.F_EVENT_IDX));
    VirtioRing.disableCb(q);
    assertThat(Memory.load16(device.availRing(0))).isZero();
    VirtioRing.enableCb(q);
    for (int i = 0; i < 3; i++) {
      VirtioRing.addOutbuf(q, DATA, 8, 1);
      device.ackAll(0);
      assertThat(device.pendingBits()).as("used_event follows").isEqualTo(1);
      PlainMachine.safepoint();
      assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    }
    assertThat(VirtioFixture.callbacks()).isEqualTo(3);
  }

  private void expectBroken(String words) {
    assertThat(VirtioRing.getBuf(q)).isZero();
    assertThat(q.isBroken()).isTrue();
    assertThat(VirtioFixture.console()).contains("test_driver virtio0: first:" + words);
    assertThat(VirtioRing.addOutbuf(q, DATA, 8, 1)).isEqualTo(-Errno.EIO);
    assertThat(VirtioRing.addSgs(q, pieces(2), 1, 1, 1)).isEqualTo(-Errno.EIO);
    assertThat(VirtioRing.notify(q)).isFalse();
    assertThat(VirtioFixture.second().isBroken()).as("the other queue is not touched").isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {SIZE, 0xffff, -1, Integer.MIN_VALUE})
  void usedIdOutOfRangeBreaksTheQueue(int id) {
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    device.push(0, id, 0);
    expectBroken("id " + Integer.toUnsignedString(id) + " out of range");
  }

  @Test
  void usedIdThatIsNoHeadBreaksTheQueue() {
    VirtioRing.addSgs(q, pieces(3), 3, 0, 1);
    device.push(0, 1, 0);
    expectBroken("id 1 is not a head!");
  }

  @Test
  void aHeadUsedTwiceBreaksTheQueue() {
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    VirtioRing.addOutbuf(q, DATA, 8, 2);
    device.push(0, 0, 0);
    device.push(0, 0, 0);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    expectBroken("id 0 is not a head!");
  }

  @Test
  void usedIndexBeyondTheBuffersBreaksTheQueue() {
    VirtioRing.addOutbuf(q, DATA, 8, 1);
    Memory.store16(device.usedRing(0) + 2, 0x8000);
    expectBroken("used index 32768 is beyond the available buffers");
  }

  @Test
  void aDeviceThatScribblesOverTheTableHarmsOnlyItself() {
    VirtioRing.addSgs(q, pieces(3), 3, 0, 1);
    for (long at = 0; at < 16 * SIZE; at += 2) {
      Memory.store16(device.descriptors(0) + at, 0xffff);
      Memory.store16(device.availRing(0) + at % (6 + 2 * SIZE), 0xffff);
    }
    device.push(0, 0, 0);
    assertThat(VirtioRing.getBuf(q)).isEqualTo(1);
    assertThat(q.free()).isEqualTo(SIZE);
    for (int i = 0; i < SIZE; i++) {
      assertThat(VirtioRing.addOutbuf(q, DATA, 8, 1)).isZero();
    }
    assertThat(q.free()).isZero();
  }

  @Test
  void unusedBuffersCanBeTakenBackAfterAReset() {
    VirtioRing.addSgs(q, pieces(3), 3, 0, 1);
    VirtioRing.addOutbuf(q, DATA, 8, 2);
    q.device().reset();
    assertThat(VirtioRing.detachUnusedBuf(q)).isEqualTo(1);
    assertThat(VirtioRing.detachUnusedBuf(q)).isEqualTo(2);
    assertThat(VirtioRing.detachUnusedBuf(q)).isZero();
    assertThat(q.free()).isEqualTo(SIZE);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1L << VirtioIds.F_INDIRECT_DESC, 1L << VirtioIds.F_EVENT_IDX, 3L << 28})
  void manyBuffersOutOfOrder(long features) {
    boot(features);
    long seed = 20261120 + features;
    Random random = new Random(seed);
    List<ModelDevice.Buffer> held = new ArrayList<>();
    Set<Long> out = new HashSet<>();
    long next = 1;
    // Far enough for the 16-bit indices to wrap.
    for (int step = 0; step < 300_000; step++) {
      int what = random.nextInt(3);
      if (what == 0) {
        int outs = random.nextInt(3);
        int ins = random.nextInt(3);
        if (outs + ins > 0 && VirtioRing.addSgs(q, pieces(outs + ins), outs, ins, next) == 0) {
          out.add(next++);
          VirtioRing.kick(q);
        }
      } else if (what == 1) {
        ModelDevice.Buffer buffer = device.pop(0);
        if (buffer != null) {
          held.add(buffer);
        }
      } else {
        if (!held.isEmpty()) {
          device.push(0, held.remove(random.nextInt(held.size())).head(), step);
        }
        long token = VirtioRing.getBuf(q);
        if (token != 0 && !out.remove(token)) {
          throw new AssertionError("seed " + seed + " step " + step + " token " + token);
        }
      }
    }
    assertThat(q.isBroken()).as("seed %d", seed).isFalse();
    for (ModelDevice.Buffer b = device.pop(0); b != null; b = device.pop(0)) {
      held.add(b);
    }
    held.forEach(buffer -> device.push(0, buffer.head(), 0));
    for (long token = VirtioRing.getBuf(q); token != 0; token = VirtioRing.getBuf(q)) {
      out.remove(token);
    }
    assertThat(out).as("seed %d", seed).isEmpty();
    assertThat(q.free()).as("seed %d", seed).isEqualTo(SIZE);
  }
}
