package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PackedVirtqueueTest {
  private static final long ALL = Virtio.TRANSPORT_OPTIONS;

  private final MockRig rig =
      new MockRig(
          new MockDevice(42, 0, new byte[8], 8, 0, 256).transport(Virtio.TRANSPORT_OPTIONS), false);

  @AfterEach
  void close() {
    rig.close();
  }

  private MockPackedRing start(long features, int queue, int size) {
    rig.driver.negotiate(features | Virtio.F_RING_PACKED);
    MockPackedRing ring = rig.driver.setUpPackedQueue(queue, size);
    rig.driver.ready();
    assertThat(rig.driver.status()).isEqualTo(15);
    return ring;
  }

  private MockRing.Part number(int n) {
    return rig.driver.out32(n);
  }

  @Test
  @DisplayName(
      "PACKED-DEV-01, PACKED-DEV-08, PACKED-TXT-09: a list is read in its order, the last id"
          + " counts")
  void listInOrder() {
    MockPackedRing ring = start(0, 0, 8);
    MockRing.Part in = rig.driver.in(16);
    rig.device.script(0, element -> new MockDevice.Reply.Answer(new byte[] {9, 8, 7}));
    int id = ring.send(number(1), number(2), in);
    assertThat(rig.device.elements().getFirst().readable()).containsExactly(1, 0, 0, 0, 2, 0, 0, 0);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(id, 3));
    assertThat(rig.memory.load8(in.address())).isEqualTo(9);
    assertThat(ring.poll()).isNull();
    // Descriptors 0 and 1 had another id: only the last one's is used.
    ring.descriptor(3, number(4), 77, Virtio.DESC_NEXT | Virtio.DESC_AVAIL);
    ring.descriptor(4, number(5), 3, Virtio.DESC_AVAIL);
    ring.kick();
    assertThat(rig.memory.load16(ring.descriptorArea() + 16 * 3 + 12)).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8})
  @DisplayName(
      "PACKED-TXT-01 to PACKED-TXT-06, PACKED-TXT-08: any size; both wrap counters flip at the end")
  void wraps(int size) {
    MockPackedRing ring = start(0, 0, size);
    for (int round = 0; round < 4 * size; round++) {
      int parts = 1 + round % Math.min(3, size);
      MockRing.Part[] list = new MockRing.Part[parts];
      for (int i = 0; i < parts; i++) {
        list[i] = number(round);
      }
      int id = ring.send(list);
      assertThat(ring.poll()).as("round " + round).isEqualTo(new MockRing.Used(id, 0));
      assertThat(ring.poll()).isNull();
    }
    assertThat(rig.device.elements()).hasSize(4 * size);
    assertThat(rig.broken()).isFalse();
  }

  @Test
  @DisplayName("PACKED-DEV-06: what is not available by the wrap counter is left alone")
  void notAvailable() {
    MockPackedRing ring = start(0, 0, 4);
    ring.kick(); // a zeroed ring: nothing available (PACKED-TXT-07)
    for (int flags : new int[] {0, Virtio.DESC_USED, Virtio.DESC_AVAIL | Virtio.DESC_USED}) {
      ring.descriptor(0, number(1), 0, flags);
      ring.kick();
    }
    assertThat(rig.device.elements()).isEmpty();
    assertThat(rig.broken()).isFalse();
  }

  @Test
  @DisplayName(
      "PACKED-DEV-02, PACKED-TXT-11: used in the order of completion, one descriptor a list, the"
          + " rest skipped")
  void outOfOrder() {
    MockPackedRing ring = start(0, 2, 8);
    List<Integer> heads = new ArrayList<>();
    rig.device.script(
        2,
        element -> {
          heads.add(element.head());
          return new MockDevice.Reply.Hold();
        });
    int first = ring.send(number(1), number(2), number(3));
    int second = ring.send(number(4));
    rig.device.release(2, heads.get(1), 0);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(second, 0));
    assertThat(ring.poll()).isNull();
    rig.device.release(2, heads.get(0), 0);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(first, 0));
    assertThat(ring.usedPosition()).isEqualTo(ring.position());
  }

  @Test
  @DisplayName(
      "PACKED-TXT-16, PACKED-TXT-17: a table is read to its end, its flags but WRITE ignored")
  void indirect() {
    MockPackedRing ring = start(ALL, 0, 2);
    MockRing.Part in = rig.driver.in(8);
    long table = rig.driver.allocate(48, 16);
    int junk = Virtio.DESC_NEXT | Virtio.DESC_INDIRECT | Virtio.DESC_AVAIL;
    MockRing.Part first = number(1);
    MockRing.Part second = number(2);
    rig.device.script(0, element -> new MockDevice.Reply.Answer(new byte[] {9, 9, 9, 9, 9, 9, 9}));
    ring.descriptorAt(table, first, 99, junk);
    ring.descriptorAt(table + 16, second, 98, 0);
    ring.descriptorAt(table + 32, in, 97, Virtio.DESC_WRITE);
    ring.descriptor(
        0,
        MockRing.out(table, 48),
        1,
        Virtio.DESC_INDIRECT | Virtio.DESC_WRITE | Virtio.DESC_AVAIL);
    ring.kick();
    assertThat(rig.device.elements().getFirst().readable()).containsExactly(1, 0, 0, 0, 2, 0, 0, 0);
    assertThat(rig.device.elements().getFirst().writable())
        .containsExactly(new MockDevice.Range(in.address(), 8));
    assertThat(rig.memory.load64(in.address())).isEqualTo(0x0009_0909_0909_0909L);
    assertThat(rig.memory.load32(first.address())).as("PACKED-DEV-04").isEqualTo(1);
    assertThat(rig.memory.load32(second.address())).as("PACKED-DEV-04").isEqualTo(2);
    assertThat(rig.broken()).isFalse();
  }

  @Test
  @DisplayName(
      "PACKED-DEV-04, PACKED-TXT-14, PACKED-TXT-15: WRITE says whether anything was written, and"
          + " nothing is where the device reads")
  void writeFlag() {
    MockPackedRing ring = start(0, 0, 4);
    ring.send(number(7));
    assertThat(rig.memory.load16(ring.descriptorArea() + 14))
        .isEqualTo(Virtio.DESC_AVAIL | Virtio.DESC_USED);
    rig.device.script(0, element -> new MockDevice.Reply.Answer(new byte[4]));
    MockRing.Part question = number(7);
    ring.send(question, rig.driver.in(4));
    assertThat(rig.memory.load16(ring.descriptorArea() + 30))
        .isEqualTo(Virtio.DESC_AVAIL | Virtio.DESC_USED | Virtio.DESC_WRITE);
    assertThat(rig.memory.load32(question.address())).isEqualTo(7);
  }

  @Test
  @DisplayName("PACKED-TXT-23, PACKED-TXT-25: the driver's event flags steer interrupts")
  void eventFlags() {
    MockPackedRing ring = start(0, 0, 8);
    ring.driverEvent(0, Virtio.EVENT_DISABLE);
    ring.send(number(1));
    assertThat(rig.driver.interruptStatus()).isZero();
    ring.driverEvent(0, Virtio.EVENT_ENABLE);
    ring.send(number(1));
    assertThat(rig.driver.acknowledge()).isEqualTo(Virtio.INTERRUPT_USED);
    ring.driverEvent(0, 3); // reserved: rather one too many
    ring.send(number(1));
    assertThat(rig.driver.acknowledge()).isEqualTo(Virtio.INTERRUPT_USED);
  }

  @Test
  @DisplayName(
      "PACKED-TXT-24: an interrupt when the asked-for descriptor is used, over the wrap too")
  void eventPosition() {
    MockPackedRing ring = start(Virtio.F_EVENT_IDX, 0, 4);
    for (int round = 0; round < 12; round++) {
      int asked = ring.position();
      ring.driverEvent(asked ^ 0x8000, Virtio.EVENT_DESC); // a lap away
      ring.send(number(round));
      assertThat(rig.driver.acknowledge()).as("round " + round).isZero();
      ring.driverEvent(ring.position(), Virtio.EVENT_DESC);
      ring.send(number(round));
      assertThat(rig.driver.acknowledge()).as("round " + round).isEqualTo(Virtio.INTERRUPT_USED);
      ring.poll();
      ring.poll();
    }
  }

  @Test
  @DisplayName("PACKED-TXT-24: the device asks for the next descriptor with EVENT_IDX")
  void asksForNotification() {
    MockPackedRing ring = start(Virtio.F_EVENT_IDX, 0, 4);
    ring.send(number(1));
    ring.poll();
    assertThat(ring.deviceEventFlags()).isEqualTo(Virtio.EVENT_DESC);
    int old = ring.position();
    assertThat(ring.wantsKick(old, 1)).isTrue();
    ring.add(number(2));
    ring.add(number(3));
    assertThat(ring.wantsKick(old + 1, 1)).as("past the one asked for").isFalse();
  }

  @ParameterizedTest
  @MethodSource("violations")
  @DisplayName("DEV-32: a violation breaks the device, and a reset mends it")
  void violations(String why, Consumer<PackedVirtqueueTest> breakIt) {
    breakIt.accept(this);
    assertThat(rig.broken()).as(why).isTrue();
    assertThat(rig.transport.violations()).isEqualTo(1);
    MockPackedRing ring = start(0, 0, 4);
    int id = ring.send(number(1));
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(id, 0));
  }

  static Stream<Arguments> violations() {
    return Stream.of(
        violation(
            "no room for the list",
            t -> {
              MockPackedRing ring = t.start(0, 0, 4);
              for (int i = 0; i < 4; i++) {
                ring.descriptor(i, t.number(1), 0, Virtio.DESC_NEXT | Virtio.DESC_AVAIL);
              }
              ring.kick();
            }),
        violation(
            "zero length",
            t -> t.start(0, 0, 4).send(MockRing.out(t.rig.driver.allocate(16, 16), 0))),
        violation("outside of RAM", t -> t.start(0, 0, 4).send(MockRing.out(-16, 32))),
        violation(
            "length beyond RAM",
            t -> t.start(0, 0, 4).send(MockRing.in(t.number(1).address(), 0xffff_ffffL))),
        violation(
            "readable after writable", t -> t.start(0, 0, 4).send(t.rig.driver.in(4), t.number(1))),
        violation(
            "indirect without the feature",
            t -> {
              MockPackedRing ring = t.start(0, 0, 4);
              ring.addIndirect(t.number(1));
              ring.kick();
            }),
        violation(
            "indirect in a list",
            t -> {
              MockPackedRing ring = t.start(ALL, 0, 4);
              MockRing.Part table = MockRing.out(t.rig.driver.allocate(16, 16), 16);
              ring.descriptor(1, table, 0, Virtio.DESC_INDIRECT | Virtio.DESC_AVAIL);
              ring.descriptor(0, t.number(1), 0, Virtio.DESC_NEXT | Virtio.DESC_AVAIL);
              ring.kick();
            }),
        violation(
            "indirect with NEXT",
            t -> {
              MockPackedRing ring = t.start(ALL, 0, 4);
              MockRing.Part table = MockRing.out(t.rig.driver.allocate(16, 16), 16);
              ring.descriptor(
                  0, table, 0, Virtio.DESC_INDIRECT | Virtio.DESC_NEXT | Virtio.DESC_AVAIL);
              ring.kick();
            }),
        violation(
            "table of no whole entries",
            t -> {
              MockPackedRing ring = t.start(ALL, 0, 4);
              MockRing.Part table = MockRing.out(t.rig.driver.allocate(16, 16), 15);
              ring.descriptor(0, table, 0, Virtio.DESC_INDIRECT | Virtio.DESC_AVAIL);
              ring.kick();
            }),
        violation(
            "too long a table",
            t -> {
              MockPackedRing ring = t.start(ALL, 0, 4);
              MockRing.Part part = t.number(1);
              MockRing.Part[] many = new MockRing.Part[DescriptorChain.MAX_DESCRIPTORS + 1];
              Arrays.fill(many, part);
              ring.addIndirect(many);
              ring.kick();
            }));
  }

  private static Arguments violation(String why, Consumer<PackedVirtqueueTest> breakIt) {
    return Arguments.of(why, breakIt);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9, -1})
  @DisplayName("a size of 0 or above the maximum breaks the device")
  void badSize(int size) {
    rig.driver.negotiate(Virtio.F_RING_PACKED);
    long area = rig.driver.allocate(4096, 16);
    rig.driver.writeQueue(0, size, area, area + 1024, area + 1028);
    rig.driver.write(MmioRegisters.QUEUE_READY, 1);
    assertThat(rig.broken()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  @DisplayName(
      "PACKED-DRV-01: areas that are not aligned, or where the device cannot write, are refused")
  void badAreas(int which) {
    rig.driver.negotiate(Virtio.F_RING_PACKED);
    long area = rig.driver.allocate(4096, 16);
    rig.driver.writeQueue(
        0,
        8,
        which == 0 ? area + 8 : area,
        which == 1 ? area + 1026 : area + 1024,
        which == 2 ? 0x4000_0000L : area + 1028);
    rig.driver.write(MmioRegisters.QUEUE_READY, 1);
    assertThat(rig.broken()).isTrue();
  }

  @Test
  @DisplayName("DEV-25: an element that is put back is popped again, over the end of the ring too")
  void unpop() {
    MockPackedRing ring = start(0, 0, 4);
    for (int round = 0; round < 9; round++) {
      rig.device.stall(true);
      int id = ring.send(number(1), number(2), number(3));
      Virtqueue queue = rig.transport.queue(0);
      DescriptorChain chain = Objects.requireNonNull(queue.pop());
      int head = chain.head();
      queue.unpop(head);
      assertThat(queue.inFlight()).isZero();
      assertThat(queue.pop()).isNotNull();
      assertThat(chain.head()).isEqualTo(head);
      queue.unpop(head);
      rig.device.stall(false);
      assertThat(ring.poll()).as("round " + round).isEqualTo(new MockRing.Used(id, 0));
    }
  }

  @Test
  @DisplayName("random lists come back complete, each id once")
  void random() {
    long seed = 7;
    Random random = new Random(seed);
    MockPackedRing ring = start(ALL & ~Virtio.F_IN_ORDER, 2, 13);
    List<Integer> held = new ArrayList<>();
    rig.device.script(
        2,
        element -> {
          held.add(element.head());
          return new MockDevice.Reply.Hold();
        });
    int free = 13;
    int sends = 0;
    int[] slots = new int[13];
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      int want = 1 + random.nextInt(4);
      // The mock gives ids in turn; one that is still out must not be given again.
      if (random.nextBoolean() && want <= free && !out.contains(sends % 13)) {
        MockRing.Part[] parts = new MockRing.Part[want];
        Arrays.setAll(parts, n -> MockRing.out(rig.memory.end() - 4096, 8));
        int id = ring.send(parts);
        assertThat(id).isEqualTo(sends++ % 13);
        out.add(id);
        slots[id] = want;
        free -= want;
      } else if (!held.isEmpty()) {
        Collections.swap(held, random.nextInt(held.size()), held.size() - 1);
        int head = held.removeLast();
        rig.device.release(2, head, 0);
        MockRing.Used used = Objects.requireNonNull(ring.poll(), "seed " + seed + ", step " + i);
        assertThat(used.head()).isEqualTo(head & 0xffff);
        assertThat(out.remove(Integer.valueOf(used.head()))).isTrue();
        free += slots[used.head()];
      }
    }
    assertThat(rig.broken()).isFalse();
    assertThat(sends).isGreaterThan(500);
  }
}
