package aerostat.mmio.virtio;

import static aerostat.mmio.mock.MockRing.in;
import static aerostat.mmio.mock.MockRing.out;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockRing;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SplitVirtqueueTest {
  private final MockRig rig = new MockRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  @DisplayName("SPLIT-DEV-01: a request is the same however it is cut into descriptors")
  void framing() {
    MockRing ring = rig.start(Virtio.F_INDIRECT_DESC, 0, 8);
    byte[] text = "abcdefghij".getBytes(StandardCharsets.US_ASCII);
    long at = rig.driver.out(text).address();
    ring.send(out(at, 10));
    ring.send(out(at, 1), out(at + 1, 2), out(at + 3, 7));
    ring.addIndirect(out(at, 5), out(at + 5, 5));
    ring.kick();
    assertThat(rig.device.elements()).hasSize(3);
    assertThat(rig.device.elements()).allSatisfy(e -> assertThat(e.readable()).isEqualTo(text));
  }

  @Test
  @DisplayName(
      "SPLIT-DEV-08: direct descriptors, then one indirect; SPLIT-DEV-07: its WRITE ignored")
  void directThenIndirect() {
    MockRing ring = rig.start(Virtio.F_INDIRECT_DESC, 0, 8);
    MockRing.Part first = rig.driver.out32(1);
    MockRing.Part second = rig.driver.out32(2);
    MockRing.Part answer = rig.driver.in(4);
    long table = rig.driver.allocate(32, 16);
    ring.descriptorAt(table, second, Virtio.DESC_NEXT, 1);
    ring.descriptorAt(table + 16, answer, 0, 0);
    ring.descriptor(0, first, Virtio.DESC_NEXT, 5);
    ring.descriptor(5, in(table, 32), Virtio.DESC_INDIRECT, 0);
    ring.publish(0);
    ring.kick();
    assertThat(rig.broken()).isFalse();
    MockDevice.Element element = rig.device.elements().getFirst();
    assertThat(element.readable()).containsExactly(1, 0, 0, 0, 2, 0, 0, 0);
    assertThat(element.writable())
        .containsExactly(new MockDevice.Range(answer.address(), answer.length()));
  }

  @Test
  @DisplayName(
      "SPLIT-DEV-15, SPLIT-DEV-16: the answer lies in the buffer, its length in the used ring")
  void answer() {
    MockRing ring = rig.start(0, 0, 8);
    rig.device.script(0, e -> new MockDevice.Reply.Answer(new byte[] {7, 8, 9}));
    MockRing.Part small = rig.driver.in(2);
    MockRing.Part large = rig.driver.in(16);
    int head = ring.send(rig.driver.out32(1), small, large);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(head, 3));
    assertThat(rig.memory.load16(small.address())).isEqualTo(0x0807);
    assertThat(rig.memory.load8(large.address())).isEqualTo(9);
    assertThat(rig.memory.load8(large.address() + 1)).isZero();
  }

  @Test
  @DisplayName("a full table is one chain; the ring goes round more than 65536 times")
  void wrapAround() {
    MockRing ring = rig.start(Virtio.F_EVENT_IDX, 0, 8);
    MockRing.Part part = rig.driver.out32(1);
    MockRing.Part[] all = new MockRing.Part[8];
    java.util.Arrays.fill(all, part);
    ring.send(all);
    assertThat(rig.device.elements().getFirst().readable()).hasSize(32);
    rig.device.script(0, e -> new MockDevice.Reply.UsedLength(0));
    for (int i = 1; i < 66_000; i++) {
      int old = ring.availableIndex();
      ring.add(part);
      assertThat(ring.wantsKick(old)).isTrue();
      ring.kick();
    }
    assertThat(ring.usedIndex()).isEqualTo(66_000 & 0xffff);
    assertThat(rig.broken()).isFalse();
  }

  @Test
  @DisplayName("SPLIT-DEV-22: a notification with nothing new is harmless")
  void spuriousKick() {
    MockRing ring = rig.start(0, 0, 8);
    ring.kick();
    ring.kick();
    assertThat(rig.broken()).isFalse();
    assertThat(rig.device.elements()).isEmpty();
    assertThat(rig.driver.interruptStatus()).isZero();
  }

  @Test
  @DisplayName("SPLIT-DEV-09..11: without EVENT_IDX flags decide, used_event does not")
  void interruptFlag() {
    MockRing ring = rig.start(0, 0, 8);
    ring.usedEvent(77);
    ring.availableFlags(Virtio.AVAIL_NO_INTERRUPT);
    ring.send(rig.driver.out32(1));
    assertThat(rig.driver.interruptStatus()).isZero();
    ring.availableFlags(0);
    ring.send(rig.driver.out32(1));
    assertThat(rig.driver.interruptStatus()).isEqualTo(1);
  }

  @Test
  @DisplayName("SPLIT-DEV-12..14: with EVENT_IDX used_event decides, the flag does not")
  void usedEvent() {
    MockRing ring = rig.start(Virtio.F_EVENT_IDX, 0, 8);
    ring.availableFlags(Virtio.AVAIL_NO_INTERRUPT);
    ring.usedEvent(2);
    for (int i = 0; i < 4; i++) {
      ring.send(rig.driver.out32(1));
      assertThat(rig.driver.acknowledge()).as("used entry %s", i).isEqualTo(i == 2 ? 1 : 0);
    }
  }

  @Test
  @DisplayName("SPLIT-DEV-20, SPLIT-DEV-21: avail_event follows, used flags stay 0")
  void availEvent() {
    MockRing ring = rig.start(Virtio.F_EVENT_IDX, 0, 8);
    int old = ring.availableIndex();
    ring.add(rig.driver.out32(1));
    assertThat(ring.wantsKick(old)).isTrue();
    ring.kick();
    assertThat(ring.availEvent()).isEqualTo(1);
    assertThat(ring.usedFlags()).isZero();
  }

  @Test
  @DisplayName("event index arithmetic at the wrap")
  void eventPassed() {
    assertThat(Virtio.eventPassed(0xffff, 0xffff, 0)).isTrue();
    assertThat(Virtio.eventPassed(0, 0xffff, 0)).isFalse();
    assertThat(Virtio.eventPassed(0, 0xfffe, 2)).isTrue();
    assertThat(Virtio.eventPassed(5, 5, 5)).isFalse();
  }

  @Test
  @DisplayName("SPLIT-DEV-03, SPLIT-DEV-06: the device writes no descriptor and no readable buffer")
  void writesOnlyWhereItMay() {
    MockRing ring = rig.start(Virtio.F_INDIRECT_DESC, 0, 8);
    rig.device.script(0, e -> new MockDevice.Reply.Answer(new byte[64]));
    MockRing.Part question = rig.driver.out(new byte[] {1, 2, 3, 4});
    MockRing.Part answer = rig.driver.in(4);
    ring.add(question, answer);
    byte[] before = table(ring);
    ring.kick();
    assertThat(table(ring)).isEqualTo(before);
    assertThat(rig.memory.load32(question.address())).isEqualTo(0x04030201);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(0, 4));
  }

  private byte[] table(MockRing ring) {
    byte[] bytes = new byte[16 * ring.size()];
    rig.memory.read(
        ring.descriptorArea(), java.lang.foreign.MemorySegment.ofArray(bytes), 0, bytes.length);
    return bytes;
  }

  @Test
  @DisplayName("CVE-2016-5403, DEV-32: as many elements in flight as the ring holds, never more")
  void inFlightLimit() {
    MockRing ring = rig.start(0, 0, 4);
    rig.device.script(0, e -> new MockDevice.Reply.Hold());
    for (int i = 0; i < 4; i++) {
      ring.send(rig.driver.out32(i));
    }
    assertThat(rig.broken()).isFalse();
    assertThat(rig.device.elements()).hasSize(4);
    ring.send(rig.driver.out32(9));
    assertThat(rig.broken()).isTrue();
    assertThat(rig.device.elements()).hasSize(4);
  }

  @Test
  @DisplayName("DEV-25: an element that is put back is popped again, as it is then")
  void unpop() {
    MockRing ring = rig.start(0, 0, 4);
    rig.device.stall(true);
    MockRing.Part part = rig.driver.out32(1);
    ring.send(part);
    Virtqueue queue = rig.transport.queue(0);
    assertThat(queue.pop()).isNotNull();
    assertThat(queue.inFlight()).isEqualTo(1);
    queue.unpop(0);
    assertThat(queue.inFlight()).isZero();
    rig.memory.store32(part.address(), 2);
    rig.device.stall(false);
    assertThat(rig.device.elements().getFirst().readable()).containsExactly(2, 0, 0, 0);
    assertThat(ring.usedIndex()).isEqualTo(1);
  }

  @Test
  @DisplayName("sedna: a chain is a snapshot; later writes of the driver change nothing")
  void snapshot() {
    MockRing ring = rig.start(0, 0, 4);
    rig.device.stall(true);
    MockRing.Part part = rig.driver.out32(0x11);
    ring.add(part, rig.driver.in(8));
    DescriptorChain chain = rig.transport.queue(0).pop();
    assertThat(chain).isNotNull();
    ring.descriptor(0, out(0, 0xffff_ffffL), 0, 0);
    ring.descriptor(1, in(0, 0xffff_ffffL), 0, 0);
    assertThat(chain.readableBytes()).isEqualTo(4);
    assertThat(chain.writableBytes()).isEqualTo(8);
    assertThat(chain.writableAddress(0)).isGreaterThan(GuestMemory.RAM_BASE);
  }

  @Test
  @DisplayName("two device answers in any order: heads come back as pushed")
  void outOfOrder() {
    MockRing ring = rig.start(0, 0, 4);
    rig.device.script(0, e -> new MockDevice.Reply.Hold());
    int a = ring.send(rig.driver.out32(1));
    int b = ring.send(rig.driver.out32(2));
    rig.device.release(0, b, 22);
    rig.device.release(0, a, 11);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(b, 22));
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(a, 11));
    assertThat(ring.poll()).isNull();
  }

  @Test
  @DisplayName("random well-formed chains arrive byte for byte")
  void randomChains() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    MockRing ring = rig.start(Virtio.F_INDIRECT_DESC | Virtio.F_EVENT_IDX, 2, 256);
    for (int round = 0; round < 500; round++) {
      byte[] text = new byte[1 + random.nextInt(200)];
      random.nextBytes(text);
      long at = GuestMemory.RAM_BASE + (3 << 20) + random.nextInt(4096);
      rig.memory.write(at, java.lang.foreign.MemorySegment.ofArray(text), 0, text.length);
      java.util.List<MockRing.Part> parts = new java.util.ArrayList<>();
      for (int cut = 0; cut < text.length; ) {
        int length = Math.min(text.length - cut, 1 + random.nextInt(64));
        parts.add(out(at + cut, length));
        cut += length;
      }
      MockRing.Part[] array = parts.toArray(MockRing.Part[]::new);
      int head = round % 3 == 0 ? ring.addIndirect(array) : ring.add(array);
      ring.kick();
      assertThat(ring.poll())
          .as("seed %s round %s", seed, round)
          .isEqualTo(new MockRing.Used(head, 0));
      assertThat(rig.device.elements().get(round).readable())
          .as("seed %s round %s", seed, round)
          .isEqualTo(text);
    }
  }
}
