package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.state.StateRefusedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The transport's state moves whole, and a state from a hostile stream is refused. */
class TransportStateTest {
  // The transport's slice begins after the interrupt controller's, behind the digest.
  private static final int SLICE = 8 + 8;

  private final MockRig source = new MockRig();
  private final MockRig target = new MockRig();

  @AfterEach
  void close() {
    source.close();
    target.close();
  }

  private void move() {
    byte[] state = source.flat.save();
    MemorySegment.copy(
        source.memory.segment(), 0, target.memory.segment(), 0, source.memory.size());
    target.flat.restore(state);
    assertThat(target.flat.save()).isEqualTo(state);
  }

  @Test
  @DisplayName("elements held on the source are returned on the target; the line stays high")
  void heldElementsMove() {
    MockRing ring = source.start(Virtio.F_EVENT_IDX, 0, 8);
    source.device.script(0, e -> new MockDevice.Reply.Hold());
    int a = ring.send(source.driver.out32(1));
    int b = ring.send(source.driver.out32(2));
    source.device.changeConfig(0, 1, 3);
    move();
    assertThat(target.lineHigh()).isTrue();
    assertThat(target.transport.features()).isEqualTo(Virtio.F_VERSION_1 | Virtio.F_EVENT_IDX);
    assertThat(target.transport.read(MmioRegisters.INTERRUPT_STATUS, 4)).isEqualTo(2);
    assertThat(target.transport.read(MmioRegisters.CONFIG_GENERATION, 4)).isEqualTo(1);
    target.device.release(0, b, 5);
    target.device.release(0, a, 6);
    assertThat(target.memory.load16(ring.deviceArea() + 2)).isEqualTo(2);
    assertThat(target.memory.load32(ring.deviceArea() + 4)).isEqualTo(b);
    assertThat(target.memory.load32(ring.deviceArea() + 12)).isEqualTo(a);
    assertThat(target.transport.read(MmioRegisters.INTERRUPT_STATUS, 4)).isEqualTo(3);
  }

  @Test
  @DisplayName("a ring of which every entry is held moves, wherever its indexes are")
  void fullRingMoves() {
    MockRing ring = source.start(0, 0, 8);
    ring.send(source.driver.in(4));
    source.device.script(0, e -> new MockDevice.Reply.Hold());
    for (int i = 0; i < 8; i++) {
      ring.send(source.driver.in(4));
    }
    move();
    target.device.release(0, 1, 0);
    assertThat(target.memory.load16(ring.deviceArea() + 2)).isEqualTo(2);
    assertThat(target.transport.queue(0).inFlight()).isEqualTo(7);
  }

  @Test
  @DisplayName("half-done set-up goes on after the move")
  void halfSetUp() {
    source.driver.negotiate(0);
    source.driver.write(MmioRegisters.QUEUE_SEL, 2);
    source.driver.write(MmioRegisters.QUEUE_SIZE, 16);
    move();
    assertThat(target.transport.read(MmioRegisters.STATUS, 4)).isEqualTo(11);
    assertThat(target.transport.read(MmioRegisters.QUEUE_SIZE_MAX, 4)).isEqualTo(256);
  }

  static Stream<Arguments> corruptions() {
    int queue = TransportState.queue(0);
    return Stream.of(
        Arguments.of("unknown status bits", TransportState.STATUS, 0x0f | 0x20),
        Arguments.of("DRIVER_OK without FEATURES_OK", TransportState.STATUS, 7),
        Arguments.of("feature not offered", TransportState.DRIVER_FEATURES, 1 << 20),
        Arguments.of("features without VERSION_1", TransportState.FEATURES + 4, 0),
        Arguments.of("features differ from what was written", TransportState.FEATURES, 1),
        Arguments.of("interrupt bits", TransportState.INTERRUPT_STATUS, 4),
        Arguments.of("queue size", queue + TransportState.QUEUE_SIZE, 7),
        Arguments.of("queue size too large", queue + TransportState.QUEUE_SIZE, 16),
        Arguments.of("queue size 0", queue + TransportState.QUEUE_SIZE, 0),
        Arguments.of("queue ready 2", queue + TransportState.QUEUE_READY, 2),
        Arguments.of("queue stopped with elements", queue + TransportState.QUEUE_READY, 0),
        Arguments.of("descriptors outside RAM", queue + TransportState.QUEUE_DESC, 0),
        Arguments.of("used ring in the image", queue + TransportState.QUEUE_DEVICE, 0x4000_0000),
        Arguments.of("driver area misaligned", queue + TransportState.QUEUE_DRIVER, 0x4010_0001),
        Arguments.of("address of 2^63", queue + TransportState.QUEUE_DESC + 4, 1 << 31),
        Arguments.of("available index", queue + TransportState.QUEUE_LAST_AVAIL, 0x10000),
        Arguments.of("used index", queue + TransportState.QUEUE_USED, -1),
        Arguments.of("in flight", queue + TransportState.QUEUE_IN_FLIGHT, 2),
        Arguments.of("in flight negative", queue + TransportState.QUEUE_IN_FLIGHT, -1),
        Arguments.of("quiet", queue + TransportState.QUEUE_QUIET, 3),
        Arguments.of(
            "ready where no queue is", TransportState.queue(1) + TransportState.QUEUE_READY, 1));
  }

  @ParameterizedTest(name = "refused: {0}")
  @MethodSource("corruptions")
  void corruptStateIsRefused(String what, int field, int value) {
    MockRing ring = source.start(0, 0, 8);
    source.device.script(0, e -> new MockDevice.Reply.Hold());
    ring.send(source.driver.out32(1));
    byte[] state = source.flat.save();
    set(state, field, value);
    byte[] before = target.flat.save();
    assertThatThrownBy(() -> target.flat.restore(state)).isInstanceOf(StateRefusedException.class);
    assertThat(target.flat.save()).isEqualTo(before);
  }

  @Test
  @DisplayName("a state of features that were not offered is refused before they are agreed, too")
  void unofferedFeatures() {
    byte[] state = source.flat.save();
    set(state, TransportState.DRIVER_FEATURES, 1 << 20);
    assertThatThrownBy(() -> target.flat.restore(state)).isInstanceOf(StateRefusedException.class);
  }

  @Test
  @DisplayName("MMIO-DEV-03: the line follows InterruptStatus, whatever the state says of the line")
  void theLineFollows() {
    byte[] state = source.flat.save();
    set(state, TransportState.INTERRUPT_STATUS, Virtio.INTERRUPT_USED);
    target.flat.restore(state);
    assertThat(target.lineHigh()).isTrue();
    target.flat.restore(source.flat.save());
    assertThat(target.lineHigh()).isFalse();
  }

  private static void set(byte[] state, int field, int value) {
    MemorySegment.ofArray(state).set(ValueLayout.JAVA_INT_UNALIGNED, SLICE + field, value);
  }

  @Test
  @DisplayName("random states are refused or usable, never a crash")
  void randomStates() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    source.start(0, 0, 8);
    byte[] state = source.flat.save();
    MemorySegment.copy(
        source.memory.segment(), 0, target.memory.segment(), 0, source.memory.size());
    int taken = 0;
    for (int i = 0; i < 5000; i++) {
      byte[] bent = state.clone();
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        bent[SLICE + random.nextInt(bent.length - SLICE)] = (byte) random.nextInt();
      }
      try {
        target.flat.restore(bent);
        taken++;
      } catch (StateRefusedException expected) {
        continue;
      }
      target.transport.write(MmioRegisters.QUEUE_NOTIFY, 4, 0);
      target.transport.write(MmioRegisters.QUEUE_NOTIFY, 4, 2);
    }
    assertThat(taken).as("seed %s: counters and selectors may hold anything", seed).isPositive();
    assertHealed(seed);
  }

  @Test
  @DisplayName("a restored ring whose memory was changed meanwhile breaks the device, not the VMM")
  void ringMemoryIsStillHostile() {
    MockRing ring = source.start(0, 0, 8);
    move();
    target.memory.store16(ring.driverArea() + 2, 100);
    target.transport.write(MmioRegisters.QUEUE_NOTIFY, 4, 0);
    assertThat(target.transport.read(MmioRegisters.STATUS, 4) & Virtio.STATUS_NEEDS_RESET)
        .isNotZero();
    assertHealed(0);
  }

  /** What came before, a driver that behaves is served. */
  private void assertHealed(long seed) {
    int before = target.device.elements().size();
    MockRing fresh = target.start(0, 0, 8);
    int head = fresh.send(target.driver.out32(1));
    assertThat(fresh.poll()).as("seed %s", seed).isEqualTo(new MockRing.Used(head, 0));
    assertThat(target.device.elements()).as("seed %s", seed).hasSize(before + 1);
  }
}
