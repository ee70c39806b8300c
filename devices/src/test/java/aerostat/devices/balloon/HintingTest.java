package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.BalloonRig.Hint;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockRing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HintingTest {
  private final BalloonRig rig = new BalloonRig();
  private final MockRing ring = rig.start(4)[3];

  @AfterEach
  void close() {
    rig.close();
  }

  private void begin() {
    rig.host().hintStart(rig.sink);
    ring.send(rig.driver.out32(rig.driver.config32(8)));
  }

  private void hint(long gpa, long length) {
    ring.send(MockRing.in(gpa, length));
  }

  @Test
  @DisplayName("A.5: the first id is 0x80000001; each start has a new one")
  void ids() {
    rig.host().hintStart(rig.sink);
    assertThat(rig.driver.config32(8)).isEqualTo(0x8000_0001);
    rig.host().hintStop();
    rig.host().hintStart(rig.sink);
    assertThat(rig.driver.config32(8)).isEqualTo(0x8000_0002);
    rig.driver.reset();
    rig.start(4);
    rig.host().hintStart(rig.sink);
    assertThat(rig.driver.config32(8)).as("no id comes twice, reset or not").isEqualTo(0x8000_0003);
  }

  @Test
  @DisplayName("EDGE-48: after 0xFFFFFFFF comes 0x80000000, never 0 or 1")
  void idWrap() {
    byte[] state = rig.flat.save();
    int slice = 8 + 8; // digest, interrupt lines; the balloon's slice is next
    MemorySegment.ofArray(state)
        .set(ValueLayout.JAVA_INT_UNALIGNED, slice + BalloonLayout.HINT_COMMAND, -1);
    rig.flat.restore(state);
    rig.host().hintStart(rig.sink);
    assertThat(rig.driver.config32(8)).isEqualTo(0x8000_0000);
  }

  @Test
  @DisplayName("DEV-19, EDGE-50: start rounded up, end down, cut to writable RAM")
  void rounding() {
    begin();
    hint(FREE + 1, 3 * 4096);
    hint(FREE, 4096);
    hint(FREE + 1, 4096); // no whole page
    hint(FREE + 100, 50);
    hint(rig.memory.end() - 8192, 1 << 20);
    hint(GuestMemory.RAM_BASE - 4096, BalloonRig.ROM + 3 * 4096);
    hint(GuestMemory.RAM_BASE, BalloonRig.ROM);
    hint(0, 4096);
    hint(-4096L, 4096);
    hint(-4096L, 8192); // wraps around
    assertThat(rig.hints)
        .containsExactly(
            new Hint(FREE + 4096, 2 * 4096),
            new Hint(FREE, 4096),
            new Hint(rig.memory.end() - 8192, 8192),
            new Hint(GuestMemory.RAM_BASE + BalloonRig.ROM, 2 * 4096));
    assertThat(rig.broken()).isFalse();
    assertThat(rig.counted(BalloonCounter.PAGES_HINTED)).isEqualTo(7);
  }

  @Test
  @DisplayName("hints never touch the pages (MIG-26) and never the dirty log (MIG-24)")
  void hintsForgetNothing() {
    rig.memory.fill(FREE, 8192, (byte) 0x77);
    begin();
    hint(FREE, 8192);
    assertThat(rig.memory.load8(FREE)).isEqualTo(0x77);
    aerostat.mmio.memory.PageBitmap bits =
        new aerostat.mmio.memory.PageBitmap(BalloonRig.SIZE >>> 12);
    rig.memory.dirtyLog().harvest(bits);
    assertThat(bits.get((FREE - GuestMemory.RAM_BASE) >>> 12)).isTrue();
    rig.host().hintDone();
    assertThat(rig.memory.load8(FREE)).as("BALLOON-DEV-10").isEqualTo(0x77);
  }

  @Test
  @DisplayName(
      "owners: hinted until written, DONE changes nothing; ballooned pages stay the balloon's")
  void owners() {
    begin();
    rig.memory.owners().set(FREE + 4096, 4096, PageOwners.BALLOON);
    hint(FREE, 4 * 4096);
    assertThat(rig.owner(FREE)).isEqualTo(PageOwners.HINTED);
    assertThat(rig.owner(FREE + 4096)).isEqualTo(PageOwners.BALLOON);
    assertThat(rig.owner(FREE + 8192)).isEqualTo(PageOwners.HINTED);
    rig.host().hintStop();
    assertThat(rig.owner(FREE)).as("the guest keeps them on STOP").isEqualTo(PageOwners.HINTED);
    rig.host().hintDone();
    rig.memory.dirtyLog().clear();
    rig.memory.store64(FREE, 7);
    assertThat(rig.owner(FREE)).isEqualTo(PageOwners.HINTED);
    rig.memory.settleOwners();
    assertThat(rig.owner(FREE)).as("written since").isEqualTo(PageOwners.GUEST);
    assertThat(rig.owner(FREE + 8192)).as("not written").isEqualTo(PageOwners.HINTED);
    assertThat(rig.owner(FREE + 4096)).isEqualTo(PageOwners.BALLOON);
  }

  @Test
  @DisplayName("reset gives hinted pages back and stops")
  void reset() {
    begin();
    hint(FREE, 4096);
    rig.driver.reset();
    assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
    assertThat(rig.balloon.hintStatus()).isEqualTo(HintStatus.STOP);
    assertThat(rig.host().hintingPossible()).isFalse();
    rig.host().hintStart(rig.sink);
    assertThat(rig.balloon.hintStatus()).isEqualTo(HintStatus.STOP);
  }

  @Test
  @DisplayName(
      "DEV-16, EDGE-27, HINT-14, MIG-22: after stop no hint arrives, stale ids start nothing")
  void stopIsFinal() {
    rig.host().hintStart(rig.sink);
    int first = rig.driver.config32(8);
    rig.host().hintStop();
    rig.host().hintStart(rig.sink);
    ring.send(rig.driver.out32(first));
    hint(FREE, 4096);
    assertThat(rig.hints).isEmpty();
    assertThat(rig.balloon.hintStatus()).isEqualTo(HintStatus.REQUESTED);
    begin();
    rig.host().hintStop();
    hint(FREE, 4096);
    assertThat(rig.hints).isEmpty();
  }

  @Test
  @DisplayName("without FREE_PAGE_HINT agreed hinting is impossible and does nothing")
  void notNegotiated() {
    rig.start(BalloonLayout.F_STATS_VQ, 3);
    assertThat(rig.host().hintingPossible()).isFalse();
    rig.host().hintStart(rig.sink);
    rig.host().hintStop();
    rig.host().hintDone();
    assertThat(rig.balloon.hintStatus()).isEqualTo(HintStatus.STOP);
    assertThat(rig.driver.interruptStatus()).isZero();
  }

  @Test
  @DisplayName("an element that hints more than there is RAM breaks the device")
  void tooMuch() {
    begin();
    ring.send(MockRing.in(FREE, 0xffff_ffffL), MockRing.in(FREE, 0xffff_ffffL));
    assertThat(rig.broken()).isTrue();
    assertThat(rig.hints).isEmpty();
  }

  @Test
  @DisplayName("DEV-14: on its own thread the device polls while START, without notifications")
  void activePolling() {
    try (BalloonRig threaded = new BalloonRig(BalloonRig.HINTS, true)) {
      MockRing hintRing = threaded.start(4)[3];
      locked(threaded, () -> threaded.host().hintStart(threaded.sink));
      hintRing.send(threaded.driver.out32(threaded.driver.config32(8)));
      for (int i = 0; i < 200; i++) {
        hintRing.add(MockRing.in(FREE + i * 4096L, 4096)); // never notified
        while (hintRing.usedIndex() != i + 2) {
          Thread.onSpinWait();
        }
      }
      locked(threaded, () -> threaded.host().hintStop());
      int used = hintRing.usedIndex();
      assertThat(threaded.hints).hasSize(200);
      assertThat(used).isEqualTo(201);
    }
  }

  @Test
  @DisplayName("DEV-15: nothing is popped while the executor is parked, also in START")
  void parked() {
    try (BalloonRig threaded = new BalloonRig(BalloonRig.HINTS, true)) {
      MockRing hintRing = threaded.start(4)[3];
      locked(threaded, () -> threaded.host().hintStart(threaded.sink));
      hintRing.send(threaded.driver.out32(threaded.driver.config32(8)));
      while (hintRing.usedIndex() != 1) {
        Thread.onSpinWait();
      }
      threaded.executor.park();
      hintRing.send(MockRing.in(FREE, 4096));
      threaded.executor.park();
      assertThat(threaded.hints).isEmpty();
      locked(threaded, () -> threaded.host().hintDone()); // MIG-27: DONE before the state is saved
      threaded.executor.unpark();
      while (hintRing.usedIndex() != 2) {
        Thread.onSpinWait();
      }
      assertThat(threaded.hints).as("EDGE-25").isEmpty();
      assertThat(threaded.driver.config32(8)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("EDGE-25: a hint that waits while the VM is stopped comes too late after DONE")
  void hintOfAStoppedGuest() {
    rig.host().hintStart(rig.sink);
    ring.send(rig.driver.out32(rig.driver.config32(8)));
    rig.executor.park();
    hint(FREE, 4096);
    assertThat(rig.hints).isEmpty();
    assertThat(ring.usedIndex()).isEqualTo(1);
    rig.host().hintDone();
    rig.executor.unpark();
    assertThat(ring.usedIndex()).isEqualTo(2);
    assertThat(rig.hints).isEmpty();
    assertThat(rig.driver.config32(8)).isEqualTo(1);
  }

  private static void locked(BalloonRig rig, Runnable action) {
    rig.lock.lock();
    try {
      action.run();
    } finally {
      rig.lock.unlock();
    }
  }
}
