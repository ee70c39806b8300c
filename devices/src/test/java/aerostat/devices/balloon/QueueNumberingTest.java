package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonLayout.F_FREE_PAGE_HINT;
import static aerostat.devices.balloon.BalloonLayout.F_REPORTING;
import static aerostat.devices.balloon.BalloonLayout.F_STATS_VQ;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockRing;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class QueueNumberingTest {
  private static final BalloonOptions BOTH = new BalloonOptions(true, true, false, false);
  private static final BalloonOptions REPORT_ONLY = new BalloonOptions(false, true, false, false);

  /** Columns: features; then the index of free_page_vq and reporting_vq; -1: no such queue. */
  @ParameterizedTest(name = "A.2, UAPI-04, UAPI-05, UAPI-07: {0} of features {1}: {2}, {3}")
  @CsvSource({
    "SPEC, 0x02, -1, -1",
    "SPEC, 0x0a, 3, -1",
    "SPEC, 0x2a, 3, 4",
    "SPEC, 0x22, -1, 4",
    "SPEC, 0x08, 3, -1",
    "SPEC, 0x20, -1, 4",
    "DENSE_OFFERED, 0x02, -1, -1",
    "DENSE_OFFERED, 0x0a, 3, -1",
    "DENSE_OFFERED, 0x2a, 3, 4",
    "DENSE_OFFERED, 0x22, -1, 3",
    "DENSE_NEGOTIATED, 0x2a, 3, 4",
    "DENSE_NEGOTIATED, 0x22, -1, 3",
    "DENSE_NEGOTIATED, 0x08, 2, -1",
    "DENSE_NEGOTIATED, 0x28, 2, 3",
    "DENSE_NEGOTIATED, 0x20, -1, 2", // EDGE-52
  })
  void table(QueueNumbering numbering, String features, int hint, int report) {
    var roles = numbering.assign(Long.decode(features));
    assertThat(roles.indexOf(QueueRole.FREE_PAGE)).isEqualTo(hint);
    assertThat(roles.indexOf(QueueRole.REPORTING)).isEqualTo(report);
    assertThat(roles.subList(0, 2)).containsExactly(QueueRole.INFLATE, QueueRole.DEFLATE);
  }

  @ParameterizedTest(name = "EDGE-01: reports work with REPORTING alone, {0}")
  @EnumSource(QueueNumbering.class)
  void reportingAlone(QueueNumbering numbering) {
    try (BalloonRig rig = new BalloonRig(REPORT_ONLY.with(numbering), false)) {
      int index = numbering == QueueNumbering.SPEC ? 4 : 3;
      assertThat(rig.driver.queueSizeMax(index)).isEqualTo(32);
      assertThat(rig.driver.queueSizeMax(index ^ 7)).as("EDGE-03").isZero();
      rig.driver.negotiate(BalloonRig.ALL);
      MockRing ring = rig.driver.setUpQueue(index, 32);
      rig.driver.ready();
      ring.send(MockRing.in(BalloonRig.FREE, 8192));
      assertThat(ring.usedIndex()).isEqualTo(1);
      assertThat(rig.owner(BalloonRig.FREE + 4096)).isEqualTo(PageOwners.REPORTED);
    }
  }

  @ParameterizedTest(name = "EDGE-52: neither STATS nor HINT, {0}: the queue is {1}")
  @CsvSource({"SPEC, 4", "DENSE_OFFERED, 4", "DENSE_NEGOTIATED, 2"})
  void reportingNegotiatedAlone(QueueNumbering numbering, int index) {
    try (BalloonRig rig = new BalloonRig(BOTH.with(numbering), false)) {
      rig.driver.negotiate(F_REPORTING);
      MockRing ring = rig.driver.setUpQueue(index, 32);
      rig.driver.ready();
      ring.send(MockRing.in(BalloonRig.FREE, 4096));
      assertThat(rig.owner(BalloonRig.FREE)).isEqualTo(PageOwners.REPORTED);
      assertThat(rig.broken()).isFalse();
      BalloonRig target = new BalloonRig(BOTH.with(numbering), false);
      try (target) {
        rig.moveTo(target);
        ring.send(MockRing.in(BalloonRig.FREE + 4096, 4096));
        assertThat(rig.owner(BalloonRig.FREE + 4096)).isEqualTo(PageOwners.REPORTED);
      }
    }
  }

  @Test
  @DisplayName("EDGE-02: a driver that counts negotiated queues is told, not left to wait")
  void mismatchIsDetected() {
    try (BalloonRig rig = new BalloonRig(BOTH, false)) {
      rig.driver.negotiate(F_STATS_VQ | F_REPORTING);
      for (int i = 0; i < 3; i++) {
        rig.driver.setUpQueue(i, 128);
      }
      MockRing mistaken = rig.driver.setUpQueue(3, 32); // reporting by its count, hints by ours
      rig.driver.ready();
      assertThat(rig.broken()).isTrue();
      assertThat(rig.driver.interruptStatus()).as("the driver hears of it").isEqualTo(3);
      assertThat(String.join("\n", rig.trace.lines()).replace("%0020", " "))
          .contains("queue 3 is free_page_vq in numbering dense-offered")
          .contains("its feature was not negotiated");
      mistaken.send(MockRing.in(BalloonRig.FREE, 4096));
      assertThat(rig.owner(BalloonRig.FREE)).isEqualTo(PageOwners.GUEST);
    }
  }

  @Test
  @DisplayName("EDGE-02: with the device counting as the driver does, all is well")
  void matchingNumbering() {
    BalloonOptions options = BOTH.with(QueueNumbering.DENSE_NEGOTIATED);
    try (BalloonRig rig = new BalloonRig(options, false)) {
      MockRing[] rings = rig.start(F_STATS_VQ | F_REPORTING, 4);
      rings[3].send(MockRing.in(BalloonRig.FREE, 4096));
      assertThat(rig.broken()).isFalse();
      assertThat(rig.owner(BalloonRig.FREE)).isEqualTo(PageOwners.REPORTED);
      assertThat(rig.driver.queueSizeMax(4)).as("EDGE-03: agreed queues only").isZero();
    }
  }

  @Test
  @DisplayName("UAPI-05: hints without statistics come on index 2 where negotiated queues count")
  void hintsWithoutStatistics() {
    BalloonOptions options = BalloonOptions.DEFAULT.with(QueueNumbering.DENSE_NEGOTIATED);
    try (BalloonRig rig = new BalloonRig(options, false)) {
      MockRing ring = rig.start(F_FREE_PAGE_HINT, 3)[2];
      rig.host().hintStart(rig.sink);
      ring.send(rig.driver.out32(rig.driver.config32(8)));
      ring.send(MockRing.in(rig.memory.end() - 4096, 1 << 20)); // only a range: clipped (EDGE-50)
      assertThat(rig.hints).hasSize(1);
      assertThat(rig.broken()).isFalse();
    }
  }
}
