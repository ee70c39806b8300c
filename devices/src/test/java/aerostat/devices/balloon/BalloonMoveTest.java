package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static aerostat.devices.balloon.BalloonRig.pfn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockDriver;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.state.StateRefusedException;
import aerostat.mmio.virtio.MmioRegisters;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The balloon's state moves in the middle of anything, and hostile states are refused. */
class BalloonMoveTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int SLICE = 8 + 8; // digest, then the interrupt controller's slice

  private final BalloonRig source = new BalloonRig();
  private final BalloonRig target = new BalloonRig();

  @AfterEach
  void close() {
    source.close();
    target.close();
  }

  @Test
  @DisplayName(
      "Firecracker 2590, EDGE-16, DEV-31: the held buffer and its timer move; each fires once")
  void statsMove() {
    MockRing ring = source.start(4)[2];
    source.host().setStatsPollingInterval(2);
    ring.send(source.driver.out(new byte[10]));
    source.moveTo(target);
    assertThat(target.flat.save()).isEqualTo(source.flat.save());
    assertThat(target.host().statsPollingInterval()).isEqualTo(2);
    target.now += 2 * SECOND;
    target.clock.runDue();
    target.clock.runDue();
    assertThat(target.memory.load16(ring.deviceArea() + 2)).isEqualTo(1);
    // The answer is taken there, and the device asks again.
    MockDriver driver = target.driver;
    target.memory.store16(ring.driverArea() + 4 + 2, 0);
    target.memory.store16(ring.driverArea() + 2, 2);
    driver.write(MmioRegisters.QUEUE_NOTIFY, 2);
    assertThat(target.counted(BalloonCounter.STATS_UPDATES)).isEqualTo(2);
    target.now += 2 * SECOND;
    target.clock.runDue();
    assertThat(target.memory.load16(ring.deviceArea() + 2)).isEqualTo(2);
  }

  @Test
  @DisplayName("v86: command id, target, actual and owners move; inflating goes on")
  void hintsAndTargetMove() {
    MockRing[] rings = source.start(4);
    source.host().setTarget(BalloonRig.SIZE / 2);
    rings[0].send(source.driver.out32(pfn(FREE)));
    source.driver.setConfig32(4, 1);
    source.host().hintStart(source.sink);
    int id = source.driver.config32(8);
    rings[3].add(source.driver.out32(id)); // on its way: not notified yet
    source.moveTo(target);
    assertThat(target.driver.config32(0)).isEqualTo(1024);
    assertThat(target.driver.config32(8)).isEqualTo(id);
    assertThat(target.host().actualBytes()).isEqualTo(BalloonRig.SIZE - 4096);
    assertThat(target.owner(FREE)).isEqualTo(PageOwners.BALLOON);
    assertThat(target.driver.interruptStatus()).isEqualTo(3);
    target.driver.write(MmioRegisters.QUEUE_NOTIFY, 3);
    assertThat(target.balloon.hintStatus()).isEqualTo(HintStatus.START);
    target.host().hintDone();
    assertThat(target.driver.config32(8)).as("MIG-27").isEqualTo(1);
  }

  static Stream<Arguments> corruptions() {
    return Stream.of(
        Arguments.of("target beyond RAM", BalloonLayout.NUM_PAGES, 2049),
        Arguments.of("hint status", BalloonLayout.HINT_STATUS, 4),
        Arguments.of("hint status negative", BalloonLayout.HINT_STATUS, -1),
        Arguments.of("command id below 0x80000000", BalloonLayout.HINT_COMMAND, 1),
        Arguments.of("command id 0", BalloonLayout.HINT_COMMAND, 0),
        Arguments.of("statistics came twice", BalloonLayout.STATS_CAME, 2),
        Arguments.of("held buffer that is not in flight", BalloonLayout.STATS_HELD, 0),
        Arguments.of("held head outside the ring", BalloonLayout.STATS_HELD, 129),
        Arguments.of("held head negative", BalloonLayout.STATS_HELD, -1),
        Arguments.of("poison that was not offered", BalloonLayout.POISON_VAL, 0xAA),
        Arguments.of("polling interval", BalloonLayout.STATS_INTERVAL, -5),
        Arguments.of("deadline without interval", BalloonLayout.STATS_INTERVAL, 0),
        Arguments.of("negative deadline", BalloonLayout.STATS_DEADLINE + 4, -1));
  }

  @ParameterizedTest(name = "refused: {0}")
  @MethodSource("corruptions")
  void corruptStateIsRefused(String what, int field, int value) {
    MockRing ring = source.start(4)[2];
    source.host().setStatsPollingInterval(2);
    ring.send(source.driver.out(new byte[10]));
    byte[] state = source.flat.save();
    MemorySegment.copy(source.memory.segment(), 0, target.memory.segment(), 0, BalloonRig.SIZE);
    MemorySegment.ofArray(state).set(ValueLayout.JAVA_INT_UNALIGNED, SLICE + field, value);
    byte[] before = target.flat.save();
    assertThatThrownBy(() -> target.flat.restore(state)).isInstanceOf(StateRefusedException.class);
    assertThat(target.flat.save()).isEqualTo(before);
  }

  @ParameterizedTest(name = "packed: of a list of {0} slots, a held head of {1}: possible {2}")
  @CsvSource({"1, 1, true", "1, 3, false", "3, 3, true", "3, 2, false"})
  void heldOfPackedRing(int popped, int held, boolean possible) {
    BalloonOptions options = BalloonOptions.DEFAULT.with(BalloonProperty.PACKED, true);
    try (BalloonRig packed = new BalloonRig(options, false)) {
      packed.driver.negotiate(BalloonRig.ALL);
      MockPackedRing ring = packed.driver.setUpPackedQueue(2, 8);
      packed.driver.ready();
      MockRing.Part[] parts = new MockRing.Part[popped];
      Arrays.setAll(parts, i -> packed.driver.out(new byte[10]));
      int id = ring.send(parts);
      byte[] state = packed.flat.save();
      MemorySegment.ofArray(state)
          .set(
              ValueLayout.JAVA_INT_UNALIGNED,
              SLICE + BalloonLayout.STATS_HELD,
              (held - 1 << 16 | id) + 1);
      if (possible) {
        packed.flat.restore(state);
      } else {
        assertThatThrownBy(() -> packed.flat.restore(state))
            .isInstanceOf(StateRefusedException.class);
      }
      packed.host().setStatsPollingInterval(2);
      packed.clock.runDue();
      assertThat(ring.poll()).isEqualTo(new MockRing.Used(id, 0));
    }
  }

  @Test
  @DisplayName("the last values that are possible: a target of no RAM, a deadline of 0")
  void possibleStates() {
    source.start(4);
    source.host().setStatsPollingInterval(2);
    byte[] state = source.flat.save();
    MemorySegment bent = MemorySegment.ofArray(state);
    bent.set(ValueLayout.JAVA_INT_UNALIGNED, SLICE + BalloonLayout.NUM_PAGES, 2048);
    bent.set(ValueLayout.JAVA_LONG_UNALIGNED, SLICE + BalloonLayout.STATS_DEADLINE, 0);
    target.flat.restore(state);
    assertThat(target.flat.save()).isEqualTo(state);
    assertThat(target.driver.config32(0)).isEqualTo(2048);
  }

  @Test
  @DisplayName("a negative interval is refused though nothing is armed")
  void negativeInterval() {
    byte[] state = source.flat.save();
    MemorySegment.ofArray(state)
        .set(ValueLayout.JAVA_INT_UNALIGNED, SLICE + BalloonLayout.STATS_INTERVAL, -5);
    assertThatThrownBy(() -> target.flat.restore(state)).isInstanceOf(StateRefusedException.class);
  }

  @Test
  @DisplayName("a hint status moves only where hinting is offered")
  void hintStatusWithoutHints() {
    BalloonOptions none = new BalloonOptions(false, false, false, false);
    try (BalloonRig plain = new BalloonRig(none, false)) {
      byte[] state = plain.flat.save();
      plain.flat.restore(state);
      MemorySegment.ofArray(state)
          .set(ValueLayout.JAVA_INT_UNALIGNED, SLICE + BalloonLayout.HINT_STATUS, 1);
      assertThatThrownBy(() -> plain.flat.restore(state)).isInstanceOf(StateRefusedException.class);
    }
  }

  @Test
  @DisplayName("MIG-22: hints of a state that was put in do not reach the migration of the old one")
  void anOldSinkHearsNothing() {
    MockRing ring = source.start(4)[3];
    source.host().hintStart(source.sink);
    ring.send(source.driver.out32(source.driver.config32(8)));
    ring.add(MockRing.in(FREE, 4096));
    target.start(4);
    target.host().hintStart(target.sink);
    source.moveTo(target);
    target.driver.write(MmioRegisters.QUEUE_NOTIFY, 3);
    assertThat(target.counted(BalloonCounter.HINT_RANGES)).isEqualTo(1);
    assertThat(target.hints).isEmpty();
  }

  @Test
  @DisplayName("moved after every step, a scripted run ends as the unmoved one")
  void moveAtEveryStep() {
    long seed = new Random().nextLong();
    byte[] plain = run(seed, false);
    byte[] moved = run(seed, true);
    assertThat(moved).as("seed %s", seed).isEqualTo(plain);
  }

  /** 120 random steps of an honest driver, over one machine or over 120; returns the end state. */
  private static byte[] run(long seed, boolean moving) {
    Random random = new Random(seed);
    BalloonRig rig = new BalloonRig();
    try {
      rig.start(4);
      long arrays = BalloonRig.FREE - (1 << 20);
      // Each queue's rings lie where the first driver put them; later steps write them by hand.
      long[] tables = new long[4];
      long[] avails = new long[4];
      long at = BalloonRig.FREE - (2 << 20);
      rig.driver.negotiate(BalloonRig.ALL);
      for (int q = 0; q < 4; q++) {
        int size = rig.driver.queueSizeMax(q);
        tables[q] = at;
        avails[q] = at + 16L * size;
        long used = (avails[q] + 6 + 2L * size + 3) & -4;
        rig.driver.write(MmioRegisters.QUEUE_SIZE, size);
        rig.driver.write(MmioRegisters.QUEUE_DESC_LOW, (int) tables[q]);
        rig.driver.write(MmioRegisters.QUEUE_DRIVER_LOW, (int) avails[q]);
        rig.driver.write(MmioRegisters.QUEUE_DEVICE_LOW, (int) used);
        rig.driver.write(MmioRegisters.QUEUE_READY, 1);
        at = (used + 6 + 8L * size + 4095) & -4096;
      }
      rig.driver.ready();
      rig.host().setStatsPollingInterval(1);
      for (int step = 0; step < 120; step++) {
        int queue = random.nextInt(4);
        switch (random.nextInt(5)) {
          case 0 -> rig.host().setTarget(1 + random.nextInt((int) BalloonRig.SIZE));
          case 1 -> {
            rig.now += random.nextInt(2_000_000_000);
            rig.clock.runDue();
          }
          case 2 -> {
            rig.host().hintDone();
            rig.host().hintStart(rig.sink);
          }
          default -> {
            int index = rig.memory.load16(avails[queue] + 2);
            int size = rig.driver.queueSizeMax(queue);
            boolean range = queue == 3 && random.nextBoolean();
            long address = range ? BalloonRig.FREE : arrays;
            rig.memory.store32(
                arrays,
                queue == 3 ? rig.driver.config32(8) : pfn(BalloonRig.FREE) + random.nextInt(1000));
            long descriptor = tables[queue] + 16L * (index % size);
            rig.memory.store64(descriptor, address);
            rig.memory.store32(descriptor + 8, range ? 1 << 16 : 4);
            rig.memory.store32(descriptor + 12, range ? 2 : 0);
            rig.memory.store16(avails[queue] + 4 + 2L * (index % size), index % size);
            rig.memory.store16(avails[queue] + 2, index + 1);
            rig.driver.write(MmioRegisters.QUEUE_NOTIFY, queue);
          }
        }
        if (moving) {
          BalloonRig next = new BalloonRig();
          rig.moveTo(next);
          rig.close();
          rig = next;
        }
      }
      assertThat(rig.broken()).as("seed %s", seed).isFalse();
      return rig.flat.save();
    } finally {
      rig.close();
    }
  }
}
