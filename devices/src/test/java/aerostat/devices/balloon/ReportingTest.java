package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockRing;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Reports and page poison, device side. */
class ReportingTest {
  private static final BalloonOptions REPORTS = new BalloonOptions(true, true, false, false);
  private static final BalloonOptions POISON = new BalloonOptions(true, true, true, false);

  private static void with(BalloonOptions options, Consumer<BalloonRig> test) {
    try (BalloonRig rig = new BalloonRig(options, false)) {
      rig.memory.fill(FREE, 1 << 20, (byte) 0x77);
      test.accept(rig);
    }
  }

  private static MockRing ring(BalloonRig rig) {
    return rig.start(5)[4];
  }

  @Test
  @DisplayName("DEV-30, REPORT-20: reported pages are discarded, owned, and acked with length 0")
  void discards() {
    with(
        REPORTS,
        rig -> {
          MockRing ring = ring(rig);
          int head = ring.send(MockRing.in(FREE + 8192, 4096), MockRing.in(FREE, 8192));
          assertThat(ring.poll()).isEqualTo(new MockRing.Used(head, 0));
          assertThat(rig.memory.isZero(FREE, 3 * 4096)).isTrue();
          assertThat(rig.memory.load8(FREE + 3 * 4096)).isEqualTo(0x77);
          for (int i = 0; i < 3; i++) {
            assertThat(rig.owner(FREE + i * 4096L)).isEqualTo(PageOwners.REPORTED);
          }
          assertThat(rig.owner(FREE + 3 * 4096)).isEqualTo(PageOwners.GUEST);
          assertThat(rig.counted(BalloonCounter.PAGES_REPORTED)).isEqualTo(3);
          assertThat(String.join("\n", rig.trace.lines()))
              .as("one discard")
              .containsOnlyOnce(" report ");
        });
  }

  @Test
  @DisplayName("DEV-30, EDGE-40: unaligned, past the end, in the image: skipped, the rest done")
  void badSegments() {
    with(
        REPORTS,
        rig -> {
          MockRing ring = ring(rig);
          ring.send(
              MockRing.in(FREE + 1, 4096),
              MockRing.in(FREE, 4095),
              MockRing.in(rig.memory.end() - 4096, 8192),
              MockRing.in(rig.memory.end(), 4096),
              MockRing.in(0, 4096),
              MockRing.in(-4096L, 8192),
              MockRing.in(GuestMemory.RAM_BASE, 4096),
              MockRing.in(FREE + 8192, 4096));
          assertThat(ring.usedIndex()).isEqualTo(1);
          assertThat(rig.broken()).isFalse();
          assertThat(rig.counted(BalloonCounter.REPORT_SEGMENTS_SKIPPED)).isEqualTo(7);
          assertThat(rig.memory.owners().counts()[PageOwners.REPORTED]).isEqualTo(1);
          assertThat(rig.memory.load8(FREE)).isEqualTo(0x77);
          assertThat(rig.memory.load8(FREE + 8192)).isZero();
        });
  }

  @Test
  @DisplayName("a report of more than there is RAM breaks the device")
  void tooMuch() {
    with(
        REPORTS,
        rig -> {
          ring(rig).send(MockRing.in(FREE, 0xffff_f000L), MockRing.in(FREE, 0xffff_f000L));
          assertThat(rig.broken()).isTrue();
          assertThat(rig.memory.load8(FREE)).isEqualTo(0x77);
        });
  }

  @Test
  @DisplayName("DEV-03, DEV-30: while discards are inhibited a report is acked and nothing else")
  void inhibited() {
    with(
        REPORTS,
        rig -> {
          rig.balloon.inhibitDiscards(true);
          MockRing ring = ring(rig);
          ring.send(MockRing.in(FREE, 4096));
          assertThat(ring.usedIndex()).isEqualTo(1);
          assertThat(rig.memory.load8(FREE)).isEqualTo(0x77);
          assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
          rig.balloon.inhibitDiscards(false);
          ring.send(MockRing.in(FREE, 4096));
          assertThat(rig.memory.load8(FREE)).isZero();
        });
  }

  @Test
  @DisplayName("REPORTED is a page's state until the guest writes it, whatever was logged before")
  void ownership() {
    with(
        REPORTS,
        rig -> {
          ring(rig).send(MockRing.in(FREE, 3 * 4096)); // written before: its marks are old
          rig.memory.settleOwners();
          assertThat(rig.memory.owners().counts()[PageOwners.REPORTED]).isEqualTo(3);
          assertThat(rig.memory.load64(FREE)).as("a read changes nothing").isZero();
          rig.memory.store64(FREE + 4096, 1);
          rig.memory.settleOwners();
          assertThat(rig.owner(FREE)).isEqualTo(PageOwners.REPORTED);
          assertThat(rig.owner(FREE + 4096)).isEqualTo(PageOwners.GUEST);
          PageBitmap dirty = new PageBitmap(rig.memory.pages());
          rig.memory.harvest(dirty);
          long page = (FREE - GuestMemory.RAM_BASE) >>> 12;
          assertThat(dirty.get(page)).as("a migration sends the zeros").isTrue();
          assertThat(rig.owner(FREE)).isEqualTo(PageOwners.REPORTED);
          rig.memory.store8(FREE, 0);
          rig.memory.harvest(dirty);
          assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
        });
  }

  @Test
  @DisplayName("device reset: reported pages are the guest's")
  void reset() {
    with(
        REPORTS,
        rig -> {
          ring(rig).send(MockRing.in(FREE, 4096));
          rig.driver.reset();
          assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
        });
  }

  @Test
  @DisplayName("S003: a device may change reported pages before the ack: x-scribble-reported")
  void scribbles() {
    with(
        REPORTS.with(BalloonProperty.SCRIBBLE_REPORTED, true),
        rig -> {
          ring(rig).send(MockRing.in(FREE, 4096));
          assertThat(rig.memory.load8(FREE + 4095)).isEqualTo(ReportHandler.JUNK);
          assertThat(rig.memory.load8(FREE + 4096)).isEqualTo(0x77);
          rig.memory.settleOwners();
          assertThat(rig.owner(FREE)).isEqualTo(PageOwners.REPORTED);
        });
  }

  @Test
  @DisplayName("POISON-09, POISON-10: poison_val not 0: the whole element is acked, untouched")
  void poisoned() {
    for (boolean scribble : new boolean[] {false, true}) {
      with(
          POISON.with(BalloonProperty.SCRIBBLE_REPORTED, scribble),
          rig -> {
            MockRing ring = ring(rig);
            rig.driver.setConfig32(12, 0xAAAA_AAAA);
            ring.send(MockRing.in(FREE, 4096), MockRing.in(FREE + 8192, 4096));
            assertThat(ring.usedIndex()).isEqualTo(1);
            assertThat(rig.memory.load8(FREE)).isEqualTo(0x77);
            assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
            assertThat(rig.counted(BalloonCounter.REPORTS_SKIPPED)).isEqualTo(1);
            rig.driver.setConfig32(12, 0); // init-on-free: zero is what a discard leaves
            ring.send(MockRing.in(FREE, 4096));
            assertThat(rig.memory.isZero(FREE, 4096)).as("POISON-10").isTrue();
          });
    }
  }

  @Test
  @DisplayName("POISON-11: inflate, deflate and hints do not look at poison_val")
  void poisonElsewhere() {
    with(
        POISON,
        rig -> {
          MockRing[] rings = rig.start(5);
          rig.driver.setConfig32(12, 0xAAAA_AAAA);
          rings[0].send(rig.driver.out32(BalloonRig.pfn(FREE)));
          assertThat(rig.memory.load8(FREE)).isZero();
          rings[1].send(rig.driver.out32(BalloonRig.pfn(FREE)));
          assertThat(rig.memory.load8(FREE)).isZero();
          rig.host().hintStart(rig.sink);
          rings[3].send(rig.driver.out32(rig.driver.config32(8)));
          rings[3].send(MockRing.in(FREE, 4096));
          assertThat(rig.hints).hasSize(1);
        });
  }

  @Test
  @DisplayName("POISON-12: kept when negotiated, else 0; gone at reset; moves with the guest")
  void poisonValue() {
    with(
        POISON,
        rig -> {
          rig.driver.setConfig32(12, 0xAAAA_AAAA);
          assertThat(rig.driver.config32(12)).as("not negotiated yet").isZero();
          rig.start(5);
          rig.driver.write(0x10cL, 1, 0xAA);
          rig.driver.write(0x10eL, 2, 0xBBAA);
          assertThat(rig.driver.config32(12)).isEqualTo(0xBBAA_00AA);
          assertThat(rig.driver.read(0x10fL, 1)).isEqualTo(0xBB);
          try (BalloonRig target = new BalloonRig(POISON, false)) {
            rig.moveTo(target);
            assertThat(target.driver.config32(12)).isEqualTo(0xBBAA_00AA);
          }
          rig.driver.reset();
          assertThat(rig.driver.config32(12)).isZero();
          rig.start(BalloonLayout.F_STATS_VQ, 3);
          rig.driver.setConfig32(12, 7);
          assertThat(rig.driver.config32(12)).as("offered, not negotiated").isZero();
        });
  }

  @Test
  @DisplayName("EDGE-31: a driver that does not write poison_val again after a reset loses poison")
  void poisonAfterReset() {
    with(
        POISON,
        rig -> {
          ring(rig);
          rig.driver.setConfig32(12, 0xAAAA_AAAA);
          MockRing again = ring(rig); // as Linux up to 7.2 resumes: the value is not rewritten
          again.send(MockRing.in(FREE, 4096));
          assertThat(rig.memory.load8(FREE)).isZero();
        });
  }
}
