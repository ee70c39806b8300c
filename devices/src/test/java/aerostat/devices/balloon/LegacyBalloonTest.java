package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static aerostat.devices.balloon.BalloonRig.pfn;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.virtio.MmioRegisters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The balloon over version 1 of the transport: 5.5's legacy paragraphs. */
class LegacyBalloonTest {
  private static final int DEFLATE = 1;
  private static final int STATS = 2;
  private static final int HINTS = 3;

  private final BalloonRig rig = BalloonRig.legacy(BalloonRig.HINTS);

  @AfterEach
  void close() {
    rig.close();
  }

  private static byte[] freeMemory(long bytes) {
    return ByteBuffer.allocate(10)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort((short) 4)
        .putLong(bytes)
        .array();
  }

  @Test
  @DisplayName(
      "BALLOON-LEG-03, UAPI-13, EDGE-44: config is little-endian, payload the guest's: so too")
  void endianness() {
    MockRing[] rings = rig.startLegacy(2);
    rig.host().setTarget(BalloonRig.SIZE - (0x102 << 12));
    assertThat(rig.driver.read(MmioRegisters.CONFIG, 1)).isEqualTo(0x02);
    assertThat(rig.driver.read(MmioRegisters.CONFIG + 1L, 1)).isEqualTo(0x01);
    long page = FREE + GuestMemory.PAGE_SIZE; // FREE's number reads the same from both ends
    rings[0].send(rig.driver.out32(pfn(page)));
    assertThat(rig.owner(page)).isEqualTo(PageOwners.BALLOON);
    rings[DEFLATE].send(rig.driver.out32(pfn(page)));
    assertThat(rig.owner(page)).isEqualTo(PageOwners.GUEST);
  }

  @Test
  @DisplayName("BALLOON-LEG-01, BALLOON-LEG-02: used again before the host is told: all is well")
  void withoutMustTellHost() {
    MockRing[] rings = rig.startLegacy(2);
    rings[0].send(rig.driver.out32(pfn(FREE)));
    rig.memory.store32(FREE, 77);
    rings[DEFLATE].send(rig.driver.out32(pfn(FREE)));
    assertThat(rig.memory.load32(FREE)).isEqualTo(77);
    assertThat(rig.broken()).isFalse();
  }

  @Test
  @DisplayName("BALLOON-LEG-06, UAPI-15: actual counts when its last byte has come")
  void actualByteByByte() {
    rig.startLegacy(2);
    List<Long> told = new ArrayList<>();
    rig.host().onActualChanged(told::add);
    for (int i = 0; i < 3; i++) {
      rig.driver.write(MmioRegisters.CONFIG + 4L + i, 1, i == 0 ? 5 : 0);
      assertThat(told).isEmpty();
    }
    rig.driver.write(MmioRegisters.CONFIG + 7L, 1, 0);
    assertThat(told).containsExactly(BalloonRig.SIZE - (5 << 12));
  }

  @Test
  @DisplayName(
      "STATS-03, BALLOON-LEG-08: the first buffer's values are not believed, later ones are")
  void firstStatistics() {
    for (int round = 0; round < 2; round++) {
      MockRing ring = rig.startLegacy(3)[STATS];
      rig.host().setStatsPollingInterval(0);
      ring.send(rig.driver.out(freeMemory(0x5a5a)));
      assertThat(rig.host().stats()).containsEntry("stat-free-memory", -1L);
      ring.send(rig.driver.out(freeMemory(4096)));
      assertThat(rig.host().stats()).containsEntry("stat-free-memory", 4096L);
      assertThat(ring.poll()).as("the first went back").isNotNull();
    }
  }

  @Test
  @DisplayName("BALLOON-LEG-07, BALLOON-LEG-09, UAPI-14: ids and statistics in the guest's order")
  void hintsOverVersion1() {
    MockRing ring = rig.startLegacy(4)[HINTS];
    rig.host().hintStart(rig.sink);
    int id = rig.driver.config32(8);
    ring.send(rig.driver.out32(id));
    ring.send(MockRing.in(FREE, 2 << 12));
    assertThat(rig.hints).containsExactly(new BalloonRig.Hint(FREE, 2 << 12));
    ring.send(rig.driver.out32(0));
    rig.host().hintDone();
    assertThat(rig.driver.config32(8)).isEqualTo(1);
  }

  @Test
  @DisplayName("features beyond bit 31, NO_BALLOON among them, cannot be had")
  void noSecondWindow() {
    rig.startLegacy(2);
    rig.driver.acceptFeatures(-1L);
    assertThat(rig.transport.features() >>> 32).isZero();
  }
}
