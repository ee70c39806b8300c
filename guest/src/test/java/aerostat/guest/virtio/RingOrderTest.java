package aerostat.guest.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.machine.Memory;
import aerostat.guest.plain.Barrier;
import aerostat.guest.plain.PlainBarriers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/**
 * The order in which the driver exposes a buffer: what another processor may see at each barrier.
 * That a barrier holds back a processor is the JVM's word; that it stands where it must is shown
 * here.
 */
class RingOrderTest {
  private static final long DATA = 0x4300_0000L;
  private static final int SIZE = 8;

  private ModelDevice device;
  private Virtqueue q;
  private int kicks;

  private void boot(int... features) {
    device = new ModelDevice(VirtioFixture.TEST_ID, SIZE, SIZE);
    for (int feature : features) {
      device.offered |= VirtioIds.bit(feature);
    }
    device.onNotify = queue -> kicks++;
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    q = VirtioFixture.first();
    VirtioRing.addOutbuf(q, DATA, 16, 1);
    kicks = 0;
  }

  private long descriptor(int i) {
    return device.descriptors(0) + 16L * i;
  }

  private int flags(int i, int at) {
    return Memory.load16(descriptor(i) + at);
  }

  private void addTwo() {
    Scatterlist sg = new Scatterlist(DATA + 0x10_0000);
    sg.at(0).set(DATA + 0x1000, 100);
    sg.at(1).set(DATA + 0x2000, 200);
    assertThat(VirtioRing.addSgs(q, sg, 1, 1, 2)).isZero();
  }

  /** What {@code look} saw at each barrier, all of this kind, while {@code action} ran. */
  private static List<Integer> seen(Barrier kind, IntSupplier look, Runnable action) {
    List<Integer> seen = new ArrayList<>();
    PlainBarriers.onBarrier(
        barrier -> {
          assertThat(barrier).isEqualTo(kind);
          seen.add(look.getAsInt());
        });
    action.run();
    PlainBarriers.onBarrier(null);
    return seen;
  }

  private boolean partsStand() {
    return Memory.load64(descriptor(1)) == DATA + 0x1000
        && Memory.load32(descriptor(1) + 8) == 100
        && Memory.load64(descriptor(2)) == DATA + 0x2000
        && Memory.load32(descriptor(2) + 8) == 200;
  }

  /** SPLIT-DRV-29, SPLIT-TXT-13: descriptors and ring slot, barrier, index. */
  @Test
  void split_theChainAndItsSlotStandBeforeTheIndex() {
    boot();
    List<Integer> seen =
        seen(
            Barrier.WRITE,
            () -> {
              boolean chain =
                  partsStand()
                      && flags(1, 12) == VringLayout.F_NEXT
                      && flags(1, 14) == 2
                      && flags(2, 12) == VringLayout.F_WRITE
                      && Memory.load16(device.availRing(0) + 6) == 1;
              return chain ? Memory.load16(device.availRing(0) + 2) : -1;
            },
            this::addTwo);
    assertThat(seen).containsExactly(1);
    assertThat(Memory.load16(device.availRing(0) + 2)).isEqualTo(2);
  }

  /**
   * SPLIT-DRV-30, SPLIT-TXT-13: index, barrier, suppression words, which count as they are then.
   */
  @Test
  void split_theIndexStandsBeforeTheDeviceIsLookedAt() {
    boot();
    addTwo();
    List<Integer> seen =
        seen(
            Barrier.FULL,
            () -> {
              Memory.store16(device.usedRing(0), VringLayout.USED_F_NO_NOTIFY);
              return Memory.load16(device.availRing(0) + 2);
            },
            () -> VirtioRing.kick(q));
    assertThat(seen).containsExactly(2);
    assertThat(kicks).isZero();
  }

  /** PACKED-DRV-11, PACKED-DRV-17, PACKED-TXT-28: the list, barrier, the flags of its first. */
  @Test
  void packed_theListStandsBeforeItsFirstFlags() {
    boot(VirtioIds.F_RING_PACKED);
    List<Integer> seen =
        seen(
            Barrier.WRITE,
            () -> {
              int id = flags(1, 12);
              boolean list =
                  partsStand()
                      && flags(2, 12) == id
                      && flags(2, 14) == (VirtioRingPacked.F_AVAIL | VringLayout.F_WRITE);
              return list ? flags(1, 14) : -1;
            },
            this::addTwo);
    assertThat(seen).containsExactly(0);
    assertThat(flags(1, 14)).isEqualTo(VirtioRingPacked.F_AVAIL | VringLayout.F_NEXT);
  }

  /** PACKED-DRV-18, PACKED-TXT-28: flags, barrier, the device's event suppression. */
  @Test
  void packed_theFlagsStandBeforeTheDeviceIsLookedAt() {
    boot(VirtioIds.F_RING_PACKED);
    addTwo();
    List<Integer> seen =
        seen(
            Barrier.FULL,
            () -> {
              Memory.store16(device.usedRing(0) + 2, VirtioRingPacked.EVENT_DISABLE);
              return flags(1, 14) & VirtioRingPacked.F_AVAIL;
            },
            () -> VirtioRing.kick(q));
    assertThat(seen).containsExactly(VirtioRingPacked.F_AVAIL);
    assertThat(kicks).isZero();
  }
}
