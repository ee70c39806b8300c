package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static aerostat.devices.balloon.BalloonRig.pfn;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.clock.DeviceClock;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.mock.MockRing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the balloon counts, up to the last element that it takes. */
class BalloonCountersTest {
  private static final long SECOND = 1_000_000_000L;
  private static final BalloonOptions REPORTS = new BalloonOptions(true, true, false, false);

  private final BalloonRig rig = new BalloonRig(REPORTS, false);
  private final MockRing[] rings = rig.start(5);

  @AfterEach
  void close() {
    rig.close();
  }

  private void beginHints() {
    rig.host().hintStart(rig.sink);
    rings[3].send(rig.driver.out32(rig.driver.config32(8)));
  }

  @Test
  @DisplayName("DEV-19: ranges, the pages in them and those cut off; an older chain's are gone")
  void hints() {
    beginHints();
    MockRing.Part across = MockRing.in(rig.memory.end() - 8192, 16384);
    rings[3].send(MockRing.in(FREE, 4096), across, MockRing.in(FREE, 8192));
    rings[3].send(MockRing.in(FREE, 4096));
    assertThat(rig.counted(BalloonCounter.HINT_RANGES)).isEqualTo(4);
    assertThat(rig.counted(BalloonCounter.PAGES_HINTED)).isEqualTo(6);
    assertThat(rig.counted(BalloonCounter.HINT_PAGES_REFUSED)).isEqualTo(2);
    assertThat(rig.counted(BalloonCounter.HINT_COMMANDS)).isEqualTo(1);
  }

  @Test
  @DisplayName("EDGE-19: ids and ranges that come at the wrong time")
  void hintsIgnored() {
    rings[3].send(rig.driver.out32(7), MockRing.in(FREE, 4096), MockRing.in(FREE, 4096));
    assertThat(rig.counted(BalloonCounter.HINT_COMMANDS_IGNORED)).isEqualTo(1);
    assertThat(rig.counted(BalloonCounter.HINT_RANGES_IGNORED)).isEqualTo(2);
    assertThat(rig.counted(BalloonCounter.HINT_RANGES)).isZero();
  }

  @Test
  @DisplayName("one element may hint all of RAM, and not a page more")
  void allOfRam() {
    beginHints();
    rings[3].send(MockRing.in(GuestMemory.RAM_BASE, BalloonRig.SIZE));
    assertThat(rig.broken()).isFalse();
    assertThat(rig.counted(BalloonCounter.PAGES_HINTED)).isEqualTo(2048 - BalloonRig.ROM / 4096);
    rings[3].send(MockRing.in(GuestMemory.RAM_BASE, BalloonRig.SIZE + 4096));
    assertThat(rig.broken()).isTrue();
  }

  @Test
  @DisplayName("so may a report; all of it is skipped for the image in it (EDGE-40)")
  void aReportOfAllRam() {
    rings[4].send(MockRing.in(GuestMemory.RAM_BASE, BalloonRig.SIZE));
    assertThat(rig.broken()).isFalse();
    assertThat(rig.counted(BalloonCounter.REPORT_SEGMENTS_SKIPPED)).isEqualTo(1);
    rings[4].send(MockRing.in(FREE, 4096), MockRing.in(FREE + 4096, 4096));
    rings[4].send(MockRing.in(FREE, 4096));
    assertThat(rig.counted(BalloonCounter.PAGES_REPORTED))
        .as("no part of an older chain")
        .isEqualTo(3);
    rings[4].send(MockRing.in(FREE, BalloonRig.SIZE + 4096));
    assertThat(rig.broken()).isTrue();
  }

  @Test
  @DisplayName("DEV-14: the round is over when the guest says so, not before it began")
  void roundOver() {
    beginHints();
    assertThat(rig.host().hintRoundOver()).isFalse();
    rings[3].send(rig.driver.out32(0));
    assertThat(rig.host().hintRoundOver()).isTrue();
  }

  @Test
  @DisplayName("DEV-03: inhibited elements, of either kind")
  void inhibited() {
    rig.balloon.inhibitDiscards(true);
    rings[0].send(rig.driver.out32(pfn(FREE)));
    rings[1].send(rig.driver.out32(pfn(FREE)));
    rings[4].send(MockRing.in(FREE, 4096));
    assertThat(rig.counted(BalloonCounter.ELEMENTS_INHIBITED)).as("not deflate").isEqualTo(1);
    assertThat(rig.counted(BalloonCounter.DEFLATED_NOT_INFLATED)).isEqualTo(1);
    assertThat(rig.counted(BalloonCounter.REPORTS_SKIPPED)).isEqualTo(1);
  }

  @Test
  @DisplayName("DEV-01: an array that is no whole number of the pieces it is read in")
  void arraysInPieces() {
    int[] pfns = new int[1030];
    Arrays.setAll(pfns, i -> pfn(FREE) + i % 1000);
    rings[0].send(rig.driver.out32(pfns));
    assertThat(rig.counted(BalloonCounter.PAGES_INFLATED)).isEqualTo(1030);
    assertThat(rig.counted(BalloonCounter.PAGES_IGNORED)).isZero();
  }

  @Test
  @DisplayName("the longest array that is taken")
  void theLongestArray() {
    rings[0].send(MockRing.out(FREE, BalloonLayout.MAX_PFN_ARRAY_BYTES)); // zeros
    assertThat(rig.broken()).isFalse();
    assertThat(rig.counted(BalloonCounter.PAGES_IGNORED))
        .isEqualTo(BalloonLayout.MAX_PFN_ARRAY_BYTES / 4);
  }

  @Test
  @DisplayName("PAGE_BITMAP: a header with no bitmap behind it is one of no pages")
  void emptyBitmap() {
    BalloonOptions options = BalloonOptions.DEFAULT.with(BalloonProperty.PAGE_BITMAP, true);
    try (BalloonRig bitmaps = new BalloonRig(options, false)) {
      ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
      bitmaps.start(2)[0].send(bitmaps.driver.out(header.putLong(FREE >>> 12).array()));
      assertThat(bitmaps.broken()).isFalse();
      assertThat(bitmaps.counted(BalloonCounter.PAGES_INFLATED)).isZero();
    }
  }

  @Test
  @DisplayName("DEV-22: statistics buffers that went back unasked")
  void statistics() {
    rings[2].send(rig.driver.out(new byte[10]));
    assertThat(rig.clock.nextDeadline()).as("DEV-20: not polled").isEqualTo(DeviceClock.NEVER);
    rings[2].send(rig.driver.out(new byte[10]));
    assertThat(rig.counted(BalloonCounter.STATS_BUFFERS_REFUSED)).isEqualTo(1);
    assertThat(rig.counted(BalloonCounter.STATS_UPDATES)).isEqualTo(2);
  }

  @Test
  @DisplayName("DEV-21: what was asked for is not asked again after a move")
  void askedBeforeTheMove() {
    rings[2].send(rig.driver.out(new byte[10]));
    rig.host().setStatsPollingInterval(1);
    rig.clock.runDue();
    assertThat(rings[2].usedIndex()).isEqualTo(1);
    try (BalloonRig target = new BalloonRig(REPORTS, false)) {
      rig.moveTo(target);
      assertThat(target.clock.nextDeadline()).isEqualTo(DeviceClock.NEVER);
      target.now += 5 * SECOND;
      target.clock.runDue();
      assertThat(target.memory.load16(rings[2].deviceArea() + 2)).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("the host's view of the driver")
  void driver() {
    assertThat(rig.host().driverReady()).isTrue();
    assertThat(rig.host().poison()).isZero();
    assertThat(rig.host().answersRequests()).isFalse();
    rings[3].send(rig.driver.out(new byte[3]));
    assertThat(rig.host().driverReady()).as("broken").isFalse();
    assertThat(rig.host().hintingPossible()).isFalse();
    BalloonOptions poison = new BalloonOptions(false, false, true, false);
    try (BalloonRig poisoned = new BalloonRig(poison, false)) {
      assertThat(poisoned.host().driverReady()).isFalse();
      poisoned.start(3);
      poisoned.driver.setConfig32(12, 0xAAAA_AAAA);
      assertThat(poisoned.host().poison()).isEqualTo(0xAAAA_AAAA);
    }
  }
}
