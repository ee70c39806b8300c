package aerostat.mmio.virtio;

import static aerostat.mmio.mock.MockRing.in;
import static aerostat.mmio.mock.MockRing.out;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.mock.MockRing;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** EDGE-49, DEV-32: what a hostile driver can put into a ring. */
class MalformedRingTest {
  private static final long RAM_END = GuestMemory.RAM_BASE + MockRig.SIZE;

  private interface Attack extends BiConsumer<MockRig, MockRing> {}

  private static Arguments attack(String name, Attack attack) {
    return Arguments.of(name, attack);
  }

  static Stream<Arguments> attacks() {
    return Stream.of(
        attack("available index jumps past the size", (rig, ring) -> ring.availableIndex(9)),
        attack("available index steps back", (rig, ring) -> ring.availableIndex(0xffff)),
        attack("head = size", (rig, ring) -> ring.publish(8)),
        attack("head = 65535", (rig, ring) -> ring.publish(0xffff)),
        attack(
            "zero length",
            (rig, ring) -> {
              ring.descriptor(0, out(RAM_END - 4096, 0), 0, 0);
              ring.publish(0);
            }),
        attack(
            "next = size",
            (rig, ring) -> {
              ring.descriptor(0, rig.driver.out32(1), Virtio.DESC_NEXT, 8);
              ring.publish(0);
            }),
        attack(
            "descriptor is its own next",
            (rig, ring) -> {
              ring.descriptor(0, rig.driver.out32(1), Virtio.DESC_NEXT, 0);
              ring.publish(0);
            }),
        attack(
            "loop of two",
            (rig, ring) -> {
              ring.descriptor(0, rig.driver.out32(1), Virtio.DESC_NEXT, 1);
              ring.descriptor(1, rig.driver.out32(1), Virtio.DESC_NEXT, 0);
              ring.publish(0);
            }),
        attack(
            "readable after writable",
            (rig, ring) -> ring.add(rig.driver.in(4), rig.driver.out32(1))),
        attack("readable buffer below RAM", (rig, ring) -> ring.add(out(0x3fff_fff0L, 32))),
        attack("readable buffer at 0", (rig, ring) -> ring.add(out(0, 4))),
        attack("readable buffer across RAM's end", (rig, ring) -> ring.add(out(RAM_END - 4, 8))),
        attack(
            "buffer of 0xFFFFFFFF bytes",
            (rig, ring) -> ring.add(out(GuestMemory.RAM_BASE, 0xffff_ffffL))),
        attack("address + length wraps", (rig, ring) -> ring.add(out(-8L, 0xffff_ffffL))),
        attack("address above 2^63", (rig, ring) -> ring.add(out(Long.MIN_VALUE, 4))),
        attack(
            "writable buffer in the image", (rig, ring) -> ring.add(in(GuestMemory.RAM_BASE, 4))),
        attack("writable buffer across RAM's end", (rig, ring) -> ring.add(in(RAM_END - 4, 8))),
        attack("writable buffer in device space", (rig, ring) -> ring.add(in(0x0a00_0000L, 4))),
        attack(
            "indirect with NEXT",
            (rig, ring) -> {
              ring.descriptor(
                  0, out(table(rig, ring), 16), Virtio.DESC_INDIRECT | Virtio.DESC_NEXT, 1);
              ring.descriptor(1, rig.driver.out32(1), 0, 0);
              ring.publish(0);
            }),
        attack("indirect table of 0 bytes", (rig, ring) -> indirect(ring, table(rig, ring), 0)),
        attack("indirect table of 17 bytes", (rig, ring) -> indirect(ring, table(rig, ring), 17)),
        attack("indirect table of 15 bytes", (rig, ring) -> indirect(ring, table(rig, ring), 15)),
        attack("indirect table outside RAM", (rig, ring) -> indirect(ring, RAM_END, 16)),
        attack(
            "indirect table of 0xFFFFFFF0 bytes",
            (rig, ring) -> indirect(ring, table(rig, ring), 0xffff_fff0L)),
        attack(
            "indirect in indirect",
            (rig, ring) -> {
              long inner = table(rig, ring);
              long outer = rig.driver.allocate(16, 16);
              ring.descriptorAt(outer, out(inner, 16), Virtio.DESC_INDIRECT, 0);
              indirect(ring, outer, 16);
            }),
        attack(
            "loop in an indirect table",
            (rig, ring) -> {
              long table = rig.driver.allocate(32, 16);
              ring.descriptorAt(table, rig.driver.out32(1), Virtio.DESC_NEXT, 1);
              ring.descriptorAt(table + 16, rig.driver.out32(1), Virtio.DESC_NEXT, 0);
              indirect(ring, table, 32);
            }),
        attack(
            "next outside the indirect table",
            (rig, ring) -> {
              long table = rig.driver.allocate(32, 16);
              ring.descriptorAt(table, rig.driver.out32(1), Virtio.DESC_NEXT, 2);
              indirect(ring, table, 32);
            }),
        attack(
            "indirect table whose chain is longer than our limit",
            (rig, ring) -> {
              int entries = DescriptorChain.MAX_DESCRIPTORS + 1;
              long table = rig.driver.allocate(16L * entries, 16);
              MockRing.Part part = rig.driver.out32(1);
              for (int i = 0; i < entries; i++) {
                boolean last = i == entries - 1;
                ring.descriptorAt(table + 16L * i, part, last ? 0 : Virtio.DESC_NEXT, i + 1);
              }
              indirect(ring, table, 16L * entries);
            }),
        attack(
            "huge table that loops in its middle",
            (rig, ring) -> {
              long table = rig.driver.allocate(16L * 4096, 16);
              MockRing.Part part = rig.driver.out32(1);
              for (int i = 0; i < 4096; i++) {
                ring.descriptorAt(table + 16L * i, part, Virtio.DESC_NEXT, i ^ 1);
              }
              indirect(ring, table, 16L * 4096);
            }));
  }

  private static long table(MockRig rig, MockRing ring) {
    long table = rig.driver.allocate(32, 16);
    ring.descriptorAt(table, rig.driver.out32(1), 0, 0);
    return table;
  }

  private static void indirect(MockRing ring, long table, long bytes) {
    ring.descriptor(0, out(table, bytes), Virtio.DESC_INDIRECT, 0);
    ring.publish(0);
  }

  @ParameterizedTest(name = "DEV-32: {0}")
  @MethodSource("attacks")
  void breaksTheDeviceAndNothingElse(String name, Attack attack) {
    try (MockRig rig = new MockRig()) {
      rig.driver.negotiate(Virtio.F_INDIRECT_DESC);
      MockRing bystander = rig.driver.setUpQueue(2, 8);
      MockRing ring = rig.driver.setUpQueue(0, 8);
      rig.driver.ready();
      attack.accept(rig, ring);
      ring.kick();

      assertThat(rig.broken()).isTrue();
      assertThat(rig.transport.violations()).isEqualTo(1);
      assertThat(rig.device.elements()).isEmpty();
      assertThat(ring.usedIndex()).isZero();
      // BASE-DEV-04: the driver hears of it.
      assertThat(rig.driver.interruptStatus() & Virtio.INTERRUPT_CONFIG).isNotZero();
      assertThat(rig.lineHigh()).isTrue();

      // Nothing more is done, on no queue, until reset.
      bystander.send(rig.driver.out32(1));
      ring.kick();
      assertThat(rig.device.elements()).isEmpty();
      assertThat(rig.transport.violations()).isEqualTo(1);
      rig.driver.write(MmioRegisters.STATUS, 15);
      assertThat(rig.broken()).as("only a reset ends it").isTrue();

      MockRing again = rig.start(0, 0, 8);
      assertThat(rig.broken()).isFalse();
      again.send(rig.driver.out32(7));
      assertThat(rig.device.elements()).hasSize(1);
    }
  }

  @Test
  @DisplayName("DEV-32: indirect descriptor without INDIRECT_DESC negotiated")
  void indirectNotNegotiated() {
    try (MockRig rig = new MockRig()) {
      MockRing ring = rig.start(0, 0, 8);
      indirect(ring, table(rig, ring), 16);
      ring.kick();
      assertThat(rig.broken()).isTrue();
    }
  }

  @Test
  @DisplayName("CONF: a readable buffer may lie in the image, a writable one may not")
  void readingTheImage() {
    try (MockRig rig = new MockRig()) {
      MockRing ring = rig.start(0, 0, 8);
      ring.send(out(GuestMemory.RAM_BASE, 16));
      assertThat(rig.device.elements()).hasSize(1);
    }
  }

  @Test
  @DisplayName("a cleared DRIVER_OK stops the device; FAILED alone does not, as in QEMU")
  void driverGone() {
    try (MockRig rig = new MockRig()) {
      MockRing ring = rig.start(0, 0, 8);
      rig.driver.write(MmioRegisters.STATUS, 11);
      ring.send(rig.driver.out32(1));
      assertThat(rig.device.elements()).isEmpty();
      rig.driver.write(MmioRegisters.STATUS, 15 | 128);
      assertThat(rig.driver.status()).isEqualTo(15 | 128);
      assertThat(rig.device.elements()).hasSize(1);
    }
  }

  @Test
  @DisplayName("random registers, random rings: the VMM never throws and a reset always heals")
  void randomGarbage() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (MockRig rig = new MockRig()) {
      for (int round = 0; round < 200; round++) {
        MockRing ring = rig.start(random.nextLong(), 0, 8);
        for (int i = 0; i < 50; i++) {
          switch (random.nextInt(6)) {
            case 0 ->
                rig.driver.write(random.nextInt(0x140), 1 << random.nextInt(4), random.nextLong());
            case 1 -> rig.driver.read(random.nextInt(0x140), 1 << random.nextInt(4));
            case 2 ->
                ring.descriptor(
                    random.nextInt(8),
                    out(address(random), random.nextInt(5000)),
                    random.nextInt(8),
                    random.nextInt(10));
            case 3 -> ring.publish(random.nextInt(9));
            case 4 -> ring.kick();
            default -> ring.availableIndex(random.nextInt(0x10000));
          }
        }
        MockRing fresh = rig.start(0, 0, 8);
        int before = rig.device.elements().size();
        fresh.send(rig.driver.out32(1));
        assertThat(rig.device.elements()).as("seed %s round %s", seed, round).hasSize(before + 1);
      }
    }
  }

  private static long address(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> random.nextLong();
      case 1 -> RAM_END - random.nextInt(8192);
      default -> GuestMemory.RAM_BASE + (2 << 20) + random.nextInt(1 << 20);
    };
  }
}
