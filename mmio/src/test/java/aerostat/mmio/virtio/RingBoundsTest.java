package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockRing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    rig.driver.negotiate(0);
    long table = rig.driver.allocate(16 * (SIZE + 1), 16);
    long available = rig.driver.allocate(22, 2);
    rig.driver.writeQueue(0, SIZE, table, available, rig.driver.allocate(70, 4));
    rig.driver.write(MmioRegisters.QUEUE_READY, 1);
    rig.driver.ready();
    rig.memory.store64(table + 16 * SIZE, rig.driver.in(4).address());
    rig.memory.store32(table + 16 * SIZE + 8, 4);
    rig.memory.store16(available + 4, SIZE);
    rig.memory.store16(available + 2, 1);
    rig.driver.write(MmioRegisters.QUEUE_NOTIFY, 0);
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

  @ParameterizedTest
  @CsvSource({"0, 16, 128", "1, 2, 22", "2, 4, 70"})
  @DisplayName("SPLIT-TXT-02: an area may end where RAM ends, its event word included")
  void areasAtTheEndOfRam(int area, int alignment, int bytes) {
    long last = (rig.memory.end() - bytes) & -alignment;
    assertThat(readyWith(area, last)).isTrue();
    assertThat(readyWith(area, last + alignment)).isFalse();
    assertThat(rig.broken()).isTrue();
  }

  private boolean readyWith(int area, long address) {
    rig.driver.negotiate(0);
    long[] areas = {
      rig.driver.allocate(128, 16), rig.driver.allocate(22, 2), rig.driver.allocate(70, 4)
    };
    areas[area] = address;
    rig.driver.writeQueue(0, SIZE, areas[0], areas[1], areas[2]);
    rig.driver.write(MmioRegisters.QUEUE_READY, 1);
    return rig.driver.read(MmioRegisters.QUEUE_READY) == 1;
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
