package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.state.StateRefusedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Of a packed ring the last number that is good, and the first that is not. */
class PackedRingBoundsTest {
  private static final int SIZE = 8;

  // The transport's slice is behind the digest and the interrupt controller's 8 bytes.
  private static final int QUEUE = 8 + 8 + TransportState.queue(0);

  private final MockRig rig = packed();
  private final MockRig target = packed();

  private static MockRig packed() {
    return new MockRig(
        new MockDevice(42, 0, new byte[8], SIZE).transport(Virtio.TRANSPORT_OPTIONS), false);
  }

  @AfterEach
  void close() {
    rig.close();
    target.close();
  }

  private MockPackedRing holding(int elements) {
    rig.driver.negotiate(Virtio.F_RING_PACKED);
    MockPackedRing ring = rig.driver.setUpPackedQueue(0, SIZE);
    rig.driver.ready();
    rig.device.script(0, element -> new MockDevice.Reply.Hold());
    for (int i = 0; i < elements; i++) {
      ring.send(rig.driver.in(4));
    }
    return ring;
  }

  @ParameterizedTest(name = "DEV-32: {0} slots are free, a list of {1}: broken {2}")
  @CsvSource({"3, 3, false", "3, 4, true", "1, 1, false", "1, 2, true"})
  void aListFitsIntoTheSlotsThatAreNotInFlight(int free, int list, boolean broken) {
    MockPackedRing ring = holding(SIZE - free);
    MockRing.Part part = rig.driver.in(4);
    for (int i = list - 1; i >= 0; i--) {
      int slot = (SIZE - free + i) % SIZE;
      int next = i < list - 1 ? Virtio.DESC_NEXT : 0;
      ring.descriptor(slot, part, 0, Virtio.DESC_WRITE | Virtio.DESC_AVAIL | next);
    }
    ring.kick();
    assertThat(rig.broken()).isEqualTo(broken);
    assertThat(rig.device.elements()).hasSize(SIZE - free + (broken ? 0 : 1));
  }

  @ParameterizedTest(name = "PACKED-TXT-24: event {0} is passed by two slots from 0x8007 on: {1}")
  @CsvSource({"0x8006, false", "0x8007, true", "0x0000, true", "0x0001, false", "0x8000, false"})
  void events(String event, boolean passed) {
    assertThat(Virtio.packedEventPassed(Integer.decode(event), 0x8007, 2, SIZE)).isEqualTo(passed);
  }

  @Test
  @DisplayName("a head of buffer id 0 can be held; its slots are those that are in flight")
  void heads() {
    MockPackedRing ring = holding(0);
    Virtqueue queue = rig.transport.queue(0);
    assertThat(queue.mayHold(0)).as("none is in flight").isFalse();
    ring.send(rig.driver.in(4), rig.driver.in(4));
    assertThat(queue.mayHold(0)).as("a slot would be nobody's").isFalse();
    assertThat(queue.mayHold(1 << 16)).isTrue();
    assertThat(queue.mayHold(2 << 16)).isFalse();
    ring.send(rig.driver.in(4));
    assertThat(queue.mayHold(0)).as("one of two, of three slots").isTrue();
    assertThat(queue.mayHold(1 << 16)).isTrue();
    assertThat(queue.mayHold(2 << 16)).as("no slot for the other").isFalse();
    assertThat(queue.mayHold(-1)).isFalse();
  }

  @Test
  @DisplayName("a head of as many slots as the ring has can be held")
  void longestHead() {
    MockPackedRing ring = holding(0);
    MockRing.Part[] parts = new MockRing.Part[SIZE];
    Arrays.fill(parts, rig.driver.in(4));
    ring.send(parts);
    assertThat(rig.transport.queue(0).mayHold((SIZE - 1) << 16)).isTrue();
    assertThat(rig.transport.queue(0).mayHold(SIZE << 16)).isFalse();
  }

  @ParameterizedTest(name = "a ring of {0} elements in flight moves, and they come back")
  @ValueSource(ints = {0, 1, SIZE})
  void moves(int elements) {
    MockPackedRing ring = holding(elements);
    byte[] state = rig.flat.save();
    MemorySegment.copy(rig.memory.segment(), 0, target.memory.segment(), 0, rig.memory.size());
    target.flat.restore(state);
    assertThat(target.flat.save()).isEqualTo(state);
    for (int i = 0; i < elements; i++) {
      target.device.release(0, i, 0);
      assertThat(target.memory.load16(ring.descriptorArea() + 16L * i + 14))
          .isEqualTo(Virtio.DESC_AVAIL | Virtio.DESC_USED);
    }
    assertThat(target.transport.queue(0).inFlight()).isZero();
  }

  /** One element of one slot is in flight: available 0x8001, used 0x8000. */
  @ParameterizedTest(name = "refused: available {0}, used {1}, in flight {2}")
  @CsvSource({
    "0x8008, 0x8000, 1", // behind the last slot, and yet only a lap away
    "0x0001, 0x8008, 1",
    "0x8001, 0x8002, 1", // before the used position
    "0x0001, 0x8000, 1", // more than a lap
    "0x8001, 0x8000, 2", // more elements than slots
    "0x8001, 0x8000, -1",
    "0x8001, 0x8000, 0",
    "0x8000, 0x8000, 1",
  })
  void impossiblePositions(String available, String used, int inFlight) {
    holding(1);
    byte[] state = rig.flat.save();
    set(state, TransportState.QUEUE_LAST_AVAIL, Integer.decode(available));
    set(state, TransportState.QUEUE_USED, Integer.decode(used));
    set(state, TransportState.QUEUE_IN_FLIGHT, inFlight);
    assertThatThrownBy(() -> target.flat.restore(state)).isInstanceOf(StateRefusedException.class);
  }

  private static void set(byte[] state, int field, int value) {
    MemorySegment.ofArray(state).set(ValueLayout.JAVA_INT_UNALIGNED, QUEUE + field, value);
  }

  @Test
  @DisplayName("an element is traced with its id and slots, as those of a split ring are")
  void traced() {
    holding(0).send(rig.driver.out32(1, 2), rig.driver.in(4));
    assertThat(rig.trace.lines("virtio0 pop"))
        .containsExactly("virtio0 pop queue=0 head=65536 out=1 outlen=8 in=1 inlen=4");
  }
}
