package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.state.StateRefusedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When GET_FREE_PAGES asks, and the last numbers that it takes. */
class FreePagesEdgesTest {
  private static final BalloonOptions PLAIN =
      new BalloonOptions(false, false, false, false).with(BalloonProperty.GET_FREE_PAGES, true);
  private static final BalloonOptions EXTENDED = PLAIN.with(BalloonProperty.REQUEST_ID, true);
  private static final int SLICE = 8 + 8; // digest, then the interrupt controller's slice

  private final BalloonRig rig = new BalloonRig(PLAIN, false);
  private final MockRing ring = rig.start(4)[3];

  @AfterEach
  void close() {
    rig.close();
  }

  private long requests() {
    return rig.counted(BalloonCounter.FREE_PAGES_REQUESTS);
  }

  private void answer() {
    ring.send(rig.driver.out(new byte[8])); // BITMAP-04: no memory for a bitmap
  }

  @Test
  @DisplayName("BITMAP-02: a request that is wanted waits for the buffer")
  void waitsForTheBuffer() {
    rig.host().hintStart(rig.sink);
    assertThat(requests()).isZero();
    ring.send(rig.driver.in(8));
    assertThat(requests()).isEqualTo(1);
    ring.send(rig.driver.in(8));
    rig.host().hintStart(rig.sink);
    assertThat(requests()).as("one is out").isEqualTo(1);
  }

  @Test
  @DisplayName("MIG-22: what was stopped before it went out is not asked")
  void stoppedBefore() {
    rig.host().hintStart(rig.sink);
    rig.host().hintStop();
    ring.send(rig.driver.in(8));
    assertThat(requests()).isZero();
  }

  @Test
  @DisplayName("an answer that nobody asked for is counted, and answers nothing")
  void unasked() {
    ring.send(rig.driver.in(8));
    answer();
    assertThat(rig.counted(BalloonCounter.FREE_PAGES_REPLIES_IGNORED)).isEqualTo(1);
    assertThat(rig.host().hintRoundOver()).isFalse();
    rig.host().hintStart(rig.sink);
    assertThat(requests()).isEqualTo(1);
  }

  @Test
  @DisplayName("a migration that was told that it is over may ask again; one of another sink may")
  void again() {
    ring.send(rig.driver.in(8));
    rig.host().hintStart(rig.sink);
    answer();
    ring.send(rig.driver.in(8));
    rig.host().hintDone();
    assertThat(rig.host().hintRoundOver()).isFalse();
    rig.host().hintStart(rig.sink);
    assertThat(requests()).isEqualTo(2);
    answer();
    ring.send(rig.driver.in(8));
    rig.host().hintStart((gpa, length) -> {});
    assertThat(requests()).isEqualTo(3);
  }

  @Test
  @DisplayName(
      "a device reset forgets who was answered, the buffer that was held, and what was hinted")
  void reset() {
    rig.memory.owners().set(FREE, 4096, PageOwners.HINTED);
    ring.send(rig.driver.in(8));
    rig.host().hintStart(rig.sink);
    answer();
    ring.send(rig.driver.in(8));
    MockRing fresh = rig.start(4)[3];
    assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
    assertThat(rig.host().hintRoundOver()).isFalse();
    fresh.send(rig.driver.in(8));
    assertThat(fresh.usedIndex()).as("held").isZero();
    rig.host().hintStart(rig.sink);
    assertThat(requests()).isEqualTo(2);
    assertThat(fresh.poll()).isEqualTo(new MockRing.Used(0, 8));
  }

  @Test
  @DisplayName("MIG-22: a migration that takes over gets no answer to what the other one asked")
  void takenOver() {
    ring.send(rig.driver.in(8));
    rig.host().hintStart((gpa, length) -> {});
    rig.host().hintStart(rig.sink);
    answer();
    assertThat(rig.host().hintRoundOver()).isFalse();
    assertThat(rig.counted(BalloonCounter.FREE_PAGES_REPLIES_IGNORED)).isEqualTo(1);
    ring.send(rig.driver.in(8));
    assertThat(requests()).isEqualTo(2);
    answer();
    assertThat(rig.host().hintRoundOver()).isTrue();
  }

  @Test
  @DisplayName(
      "BITMAP-06: reply and buffer that came together are both handled, and the reply back")
  void together() {
    ring.send(rig.driver.in(8));
    rig.host().hintStart(rig.sink);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(0, 8));
    int reply = ring.add(rig.driver.out(new byte[8]));
    ring.add(rig.driver.in(8));
    ring.kick();
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(reply, 0));
    rig.host().hintDone();
    rig.host().hintStart(rig.sink);
    assertThat(requests()).isEqualTo(2);
  }

  @Test
  @DisplayName("DEV-22: statistics leave the request buffer alone")
  void statisticsBesides() {
    MockRing[] rings = rig.start(4);
    rings[3].send(rig.driver.in(8));
    rings[2].send(rig.driver.out(new byte[10]));
    rig.host().hintStart(rig.sink);
    assertThat(rings[3].poll()).isEqualTo(new MockRing.Used(0, 8));
  }

  @Test
  @DisplayName("what to drop first: page cache and slab, of guests that answer requests")
  void drops() {
    assertThat(rig.host().answersRequests()).isTrue();
    for (int bits : new int[] {-1, 4}) {
      assertThatThrownBy(() -> rig.host().dropCachesFirst(bits))
          .isInstanceOf(IllegalArgumentException.class);
    }
    rig.host().dropCachesFirst(0);
    rig.driver.reset();
    assertThat(rig.host().answersRequests()).isFalse();
    try (BalloonRig hints = new BalloonRig()) {
      hints.start(4);
      hints.host().dropCachesFirst(4); // nobody drops anything
      assertThat(hints.host().answersRequests()).isFalse();
    }
  }

  @ParameterizedTest(name = "BITMAP-02: a request buffer of {0} bytes, extended {1}: good {2}")
  @CsvSource({"7, false, false", "8, false, true", "31, true, false", "32, true, true"})
  void bufferSizes(int bytes, boolean extended, boolean good) {
    try (BalloonRig each = new BalloonRig(extended ? EXTENDED : PLAIN, false)) {
      each.start(4)[3].send(MockRing.in(each.memory.end() - bytes, bytes));
      assertThat(each.broken()).isEqualTo(!good);
      byte[] state = each.flat.save();
      each.flat.restore(state);
      assertThat(each.flat.save()).as("held, it moves").isEqualTo(state);
    }
  }

  @ParameterizedTest(name = "BITMAP-05: a bitmap of {0} words for all RAM: good {1}")
  @CsvSource({"4128, true", "4129, false"}) // the RAM of 8 MiB ends at frame 0x40800
  void wholeBitmap(int words, boolean good) {
    ring.send(rig.driver.in(8));
    rig.host().hintStart(rig.sink);
    ByteBuffer bytes = ByteBuffer.allocate(8 + 8 * words).order(ByteOrder.LITTLE_ENDIAN);
    ring.send(rig.driver.out(bytes.putLong(8L * words).array()));
    assertThat(rig.broken()).isEqualTo(!good);
    assertThat(rig.host().hintRoundOver()).isEqualTo(good);
  }

  @ParameterizedTest(name = "BITMAP-05: a piece of {1} words from page frame {0}: good {2}")
  @CsvSource({
    "0x40800, 0, true", // the RAM of 8 MiB ends at frame 0x40800
    "0x40800, 1, true",
    "0x40840, 1, false",
    "0x40000, 512, true", // as many as were asked for
    "0x40000, 513, false",
    "0x40020, 1, false",
    "0xffffffffffffffc0, 1, false",
  })
  void bitmapBounds(String first, int words, boolean good) {
    try (BalloonRig each = new BalloonRig(EXTENDED, false)) {
      MockRing queue = each.start(4)[3];
      queue.send(each.driver.in(32));
      each.host().hintStart(each.sink);
      ByteBuffer bytes = ByteBuffer.allocate(32 + 8 * words).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putLong(8L * words).putLong(1).putLong(Long.parseUnsignedLong(first.substring(2), 16));
      queue.send(each.driver.out(bytes.putLong(1).array()));
      assertThat(each.broken()).isEqualTo(!good);
      assertThat(each.host().hintRoundOver()).isEqualTo(good);
    }
  }

  @ParameterizedTest(name = "refused in a state: {0} at {1}")
  @CsvSource({"-1, 'held'", "1025, 'held'", "8, 'flags'", "0, 'address'"})
  void impossibleStates(int value, String what) {
    int field =
        switch (what) {
          case "held" -> BalloonLayout.FREE_PAGES_HELD;
          case "flags" -> BalloonLayout.FREE_PAGES_FLAGS;
          default -> BalloonLayout.FREE_PAGES_GPA;
        };
    ring.send(rig.driver.in(32));
    byte[] state = rig.flat.save();
    try (BalloonRig target = new BalloonRig(PLAIN, false)) {
      MemorySegment.copy(rig.memory.segment(), 0, target.memory.segment(), 0, BalloonRig.SIZE);
      target.flat.restore(state);
      MemorySegment.ofArray(state).set(ValueLayout.JAVA_INT_UNALIGNED, SLICE + field, value);
      assertThatThrownBy(() -> target.flat.restore(state))
          .isInstanceOf(StateRefusedException.class);
    }
  }

  @ParameterizedTest(name = "refused: the buffer {0} is held and none is in flight")
  @ValueSource(ints = {1, 1024})
  void heldAndNotInFlight(int held) {
    assertHeld(rig, held, false);
  }

  @ParameterizedTest(name = "packed: of a list of {0} slots, a head of {1} slots: possible {2}")
  @CsvSource({"1, 1, true", "1, 3, false", "3, 3, true", "3, 1, false"})
  void heldOfPackedRing(int popped, int held, boolean possible) {
    try (BalloonRig packed = new BalloonRig(PLAIN.with(BalloonProperty.PACKED, true), false)) {
      packed.driver.negotiate(BalloonRig.ALL);
      MockPackedRing queue = packed.driver.setUpPackedQueue(3, 8);
      packed.driver.ready();
      MockRing.Part[] parts = new MockRing.Part[popped];
      Arrays.setAll(parts, i -> packed.driver.in(8));
      int id = queue.send(parts);
      assertHeld(packed, (held - 1 << 16 | id) + 1, possible);
      packed.host().hintStart(packed.sink);
      assertThat(queue.poll()).isEqualTo(new MockRing.Used(id, 8));
    }
  }

  private static void assertHeld(BalloonRig rig, int held, boolean possible) {
    byte[] state = rig.flat.save();
    MemorySegment bent = MemorySegment.ofArray(state);
    bent.set(ValueLayout.JAVA_INT_UNALIGNED, SLICE + BalloonLayout.FREE_PAGES_HELD, held);
    bent.set(ValueLayout.JAVA_LONG_UNALIGNED, SLICE + BalloonLayout.FREE_PAGES_GPA, FREE);
    if (possible) {
      rig.flat.restore(state);
    } else {
      assertThatThrownBy(() -> rig.flat.restore(state)).isInstanceOf(StateRefusedException.class);
    }
  }

  @ParameterizedTest(name = "the head {0} can be held")
  @ValueSource(ints = {0, 1023})
  void possibleHeads(int head) {
    ring.send(rig.driver.in(32));
    byte[] state = rig.flat.save();
    MemorySegment.ofArray(state)
        .set(ValueLayout.JAVA_INT_UNALIGNED, SLICE + BalloonLayout.FREE_PAGES_HELD, head + 1);
    rig.flat.restore(state);
    assertThat(rig.flat.save()).isEqualTo(state);
  }

  @ParameterizedTest(name = "a state of request flags {0} is one that a run can leave")
  @ValueSource(ints = {0, FreePagesMachine.WANTED, FreePagesMachine.ALL_FLAGS})
  void possibleFlags(int flags) {
    byte[] state = rig.flat.save();
    MemorySegment.ofArray(state)
        .set(ValueLayout.JAVA_INT_UNALIGNED, SLICE + BalloonLayout.FREE_PAGES_FLAGS, flags);
    rig.flat.restore(state);
    assertThat(rig.flat.save()).isEqualTo(state);
  }
}
