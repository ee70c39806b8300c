package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockRing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The last number that is good, and the first that is not. */
class RingBoundsTest {
  private static final int SIZE = 8;
  private final MockRig rig = new MockRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  @DisplayName("as many buffers as the ring has entries may come at once")
  void aFullRing() {
    MockRing ring = rig.start(0, 0, SIZE);
    for (int i = 0; i < SIZE; i++) {
      ring.add(rig.driver.in(4));
    }
    ring.kick();
    assertThat(rig.broken()).isFalse();
    assertThat(ring.usedIndex()).isEqualTo(SIZE);
  }

  @Test
  @DisplayName("one buffer more than that may not")
  void moreThanTheRing() {
    MockRing ring = rig.start(0, 0, SIZE);
    ring.availableIndex(SIZE + 1);
    ring.kick();
    assertThat(rig.broken()).isTrue();
  }

  @Test
  @DisplayName("the first head behind the table is refused, though a descriptor lies there")
  void headBehindTheTable() {
    MockRing ring = rig.start(0, 0, SIZE);
    ring.descriptor(SIZE, rig.driver.in(4), 0, 0);
    ring.publish(SIZE);
    ring.kick();
    assertThat(rig.broken()).isTrue();
    assertThat(rig.device.elements()).isEmpty();
  }

  @Test
  @DisplayName("so is the first next descriptor behind it")
  void nextBehindTheTable() {
    MockRing ring = rig.start(0, 0, SIZE);
    ring.descriptor(0, rig.driver.out32(1), Virtio.DESC_NEXT, SIZE);
    ring.publish(0);
    ring.kick();
    assertThat(rig.broken()).isTrue();
    assertThat(rig.device.elements()).isEmpty();
  }

  @Test
  @DisplayName("a chain may be as long as the table")
  void aChainOfTheWholeTable() {
    MockRing ring = rig.start(0, 0, SIZE);
    MockRing.Part[] parts = new MockRing.Part[SIZE];
    for (int i = 0; i < SIZE; i++) {
      parts[i] = rig.driver.out32(i);
    }
    ring.send(parts);
    assertThat(rig.broken()).isFalse();
    assertThat(rig.device.elements().getFirst().readable()).hasSize(4 * SIZE);
  }
}
