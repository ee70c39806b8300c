package aerostat.devices.balloon;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockRing;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** S004, A. Shah: a driver that only shares information, and never balloons. */
class NoBalloonTest {
  @Test
  @DisplayName("NO_BALLOON negotiated: targets have no effect; statistics and hints go on")
  void targetsAreRefused() {
    try (BalloonRig rig = new BalloonRig()) {
      MockRing[] rings = rig.start(-1L, 4);
      assertThat(rig.host().ballooningRefused()).isTrue();
      rig.host().setTarget(BalloonRig.SIZE / 2);
      assertThat(rig.driver.config32(0)).isZero();
      assertThat(rig.driver.interruptStatus()).isZero();
      byte[] entry = new byte[10];
      entry[0] = 4;
      entry[2] = 9;
      rings[2].send(rig.driver.out(entry));
      assertThat(rig.host().stats()).containsEntry("stat-free-memory", 9L);
      rig.host().hintStart(rig.sink);
      rings[3].send(rig.driver.out32(rig.driver.config32(8)));
      rings[3].send(MockRing.in(BalloonRig.FREE, 4096));
      assertThat(rig.hints).hasSize(1);
    }
  }

  @Test
  @DisplayName("NO_BALLOON offered, not accepted: targets work")
  void targetsWork() {
    try (BalloonRig rig = new BalloonRig()) {
      rig.start(4);
      assertThat(rig.host().ballooningRefused()).isFalse();
      rig.host().setTarget(BalloonRig.SIZE / 2);
      assertThat(rig.driver.config32(0)).isEqualTo(1024);
    }
  }
}
