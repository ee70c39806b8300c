package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockRing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  /** A queue whose table has one good descriptor more behind its last. */
  private long tableWithOneBehind() {
    rig.driver.negotiate(Virtio.F_INDIRECT_DESC);
    long table = rig.driver.allocate(16 * (SIZE + 1), 16);
    long available = rig.driver.allocate(22, 2);
    rig.driver.writeQueue(0, SIZE, table, available, rig.driver.allocate(70, 4));
    rig.driver.write(MmioRegisters.QUEUE_READY, 1);
    rig.driver.ready();
    descriptor(table + 16 * SIZE, rig.driver.in(4).address(), 4, 0);
    rig.memory.store16(available + 2, 1);
    return table;
  }

  private void descriptor(long at, long address, int length, int flagsAndNext) {
    rig.memory.store64(at, address);
    rig.memory.store32(at + 8, length);
    rig.memory.store32(at + 12, flagsAndNext);
  }

  private void brokenByOneNotification() {
    rig.driver.write(MmioRegisters.QUEUE_NOTIFY, 0);
    assertThat(rig.broken()).isTrue();
    assertThat(rig.device.elements()).isEmpty();
  }

  @Test
  @DisplayName("the first head behind the table is refused, though a descriptor lies there")
  void headBehindTheTable() {
    long table = tableWithOneBehind();
    rig.memory.store16(table + 16 * (SIZE + 1) + 4, SIZE);
    brokenByOneNotification();
  }

  @Test
  @DisplayName("so is the first next descriptor behind it")
  void nextBehindTheTable() {
    long table = tableWithOneBehind();
    descriptor(table, rig.driver.in(4).address(), 4, Virtio.DESC_NEXT | SIZE << 16);
    brokenByOneNotification();
  }

  @Test
  @DisplayName("and the first behind an indirect table")
  void nextBehindAnIndirectTable() {
    long table = tableWithOneBehind();
    long indirect = rig.driver.allocate(48, 16);
    for (int i = 0; i < 3; i++) {
      int next = i < 2 ? Virtio.DESC_NEXT | (i + 1) << 16 : 0;
      descriptor(indirect + 16 * i, rig.driver.in(4).address(), 4, next);
    }
    descriptor(table, indirect, 32, Virtio.DESC_INDIRECT);
    brokenByOneNotification();
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

  @ParameterizedTest(name = "MMIO-TXT-11: the upper half of address {0} counts")
  @ValueSource(ints = {0, 1, 2})
  void upperHalves(int area) {
    long good = rig.driver.allocate(128, 16);
    assertThat(readyWith(area, good)).isTrue();
    assertThat(readyWith(area, good + (1L << 32))).isFalse();
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

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("DEV-32: what breaks the device is named: which buffer, how long, where")
  void theReasonIsNamed(boolean writable) {
    MockRing ring = rig.start(0, 0, SIZE);
    ring.send(writable ? MockRing.in(0x1000, 4) : MockRing.out(0x1000, 4));
    assertThat(String.join("\n", rig.trace.lines("virtio0 needs-reset")).replace("%0020", " "))
        .endsWith(
            "queue 0: "
                + (writable ? "writable" : "readable")
                + " buffer of 4 bytes at 0x1000 is not in RAM");
  }

  @Test
  @DisplayName("DEV-32: a loop is found after one walk of the table")
  void aLoopIsNamed() {
    MockRing ring = rig.start(0, 0, SIZE);
    ring.descriptor(0, rig.driver.out32(1), Virtio.DESC_NEXT, 0);
    ring.publish(0);
    ring.kick();
    assertThat(String.join("\n", rig.trace.lines("virtio0 needs-reset")).replace("%0020", " "))
        .endsWith("queue 0: chain of head 0 loops");
  }

  @Test
  @DisplayName("SPLIT-TXT-01: a ring of one entry is a ring")
  void aRingOfOne() {
    MockRing ring = rig.start(0, 0, 1);
    for (int i = 0; i < 3; i++) {
      ring.send(rig.driver.in(4));
      assertThat(ring.poll()).isEqualTo(new MockRing.Used(0, 0));
    }
  }
}
