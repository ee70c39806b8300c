package aerostat.devices.balloon;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockRing;
import aerostat.mmio.virtio.MmioRegisters;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A queue that the driver stops takes what the balloon held of it along (MMIO-05). */
class BalloonQueueStopTest {
  private static final BalloonOptions BITMAP =
      new BalloonOptions(false, false, false, false).with(BalloonProperty.GET_FREE_PAGES, true);

  private static void stop(BalloonRig rig, int queue) {
    rig.driver.write(MmioRegisters.QUEUE_SEL, queue);
    rig.driver.write(MmioRegisters.QUEUE_READY, 0);
  }

  @Test
  @DisplayName("STATS-01: the statistics buffer is not returned, and the next one is the first")
  void statistics() {
    try (BalloonRig rig = new BalloonRig()) {
      rig.start(4)[2].send(rig.driver.out(new byte[10]));
      stop(rig, 2);
      rig.host().setStatsPollingInterval(1);
      rig.clock.runDue();
      MockRing again = rig.driver.setUpQueue(2, 8);
      again.send(rig.driver.out(new byte[10]));
      assertThat(again.usedIndex()).isZero();
      assertThat(rig.counted(BalloonCounter.STATS_BUFFERS_REFUSED)).isZero();
      assertThat(rig.broken()).isFalse();
    }
  }

  @Test
  @DisplayName("a queue without held elements changes nothing for the others")
  void another() {
    try (BalloonRig rig = new BalloonRig()) {
      MockRing[] rings = rig.start(4);
      rings[2].send(rig.driver.out(new byte[10]));
      stop(rig, 0);
      stop(rig, 3);
      rig.host().setStatsPollingInterval(1);
      rig.clock.runDue();
      assertThat(rings[2].usedIndex()).as("STATS-02: returned").isEqualTo(1);
    }
  }

  @Test
  @DisplayName("BITMAP-02: the request buffer is gone; a new one is asked with")
  void freePages() {
    try (BalloonRig rig = new BalloonRig(BITMAP, false)) {
      MockRing ring = rig.start(4)[3];
      ring.send(rig.driver.in(8));
      stop(rig, 3);
      rig.host().hintStart(rig.sink);
      assertThat(rig.counted(BalloonCounter.FREE_PAGES_REQUESTS)).isZero();
      MockRing again = rig.driver.setUpQueue(3, 8);
      again.send(rig.driver.in(8));
      assertThat(rig.counted(BalloonCounter.FREE_PAGES_REQUESTS)).isEqualTo(1);
      assertThat(again.poll()).isEqualTo(new MockRing.Used(0, 8));
    }
  }
}
