package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.state.StateRefusedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Version 1 of the transport, device side. */
class LegacyRegistersTest {
  private static final int PAGE = 4096;

  private final List<MockRig> others = new ArrayList<>();
  private final MockRig rig = new MockRig(VirtioMmioOptions.LEGACY);

  @AfterEach
  void close() {
    rig.close();
    others.forEach(MockRig::close);
  }

  private MockRig other(VirtioMmioOptions options) {
    MockRig made = new MockRig(options);
    others.add(made);
    return made;
  }

  private int pfn(int queue) {
    return pfn(rig, queue);
  }

  private static int pfn(MockRig of, int queue) {
    of.driver.write(MmioRegisters.QUEUE_SEL, queue);
    return of.driver.read(MmioRegisters.QUEUE_PFN);
  }

  private void setUp(int pageSize, int size, int align, long block) {
    rig.driver.negotiateLegacy(0);
    rig.driver.write(MmioRegisters.GUEST_PAGE_SIZE, pageSize);
    rig.driver.write(MmioRegisters.QUEUE_SEL, 2);
    rig.driver.write(MmioRegisters.QUEUE_SIZE, size);
    rig.driver.write(MmioRegisters.QUEUE_ALIGN, align);
    rig.driver.write(
        MmioRegisters.QUEUE_PFN,
        (int) Long.divideUnsigned(block, Math.max(1, Integer.toUnsignedLong(pageSize))));
  }

  @Test
  @DisplayName("MMIO-LEG-01: Version reads 1, the other constants are those of version 2")
  void identity() {
    assertThat(rig.driver.read(MmioRegisters.MAGIC_VALUE)).isEqualTo(0x74726976);
    assertThat(rig.driver.read(MmioRegisters.VERSION)).isEqualTo(1);
    assertThat(rig.driver.read(MmioRegisters.DEVICE_ID)).isEqualTo(42);
  }

  @Test
  @DisplayName("MMIO-LEG-16: what only version 2 has reads 0 and is ignored")
  void registersOfVersion2AreAbsent() {
    rig.startLegacy(0, 0, 8);
    int[] absent = {
      0x44, 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4, 0xac, 0xb0, 0xb4, 0xb8, 0xbc, 0xc0, 0xfc
    };
    long before = rig.transport.wrongAccesses();
    for (int register : absent) {
      assertThat(rig.driver.read(register)).as("register %x", register).isZero();
      rig.driver.write(register, 1);
    }
    assertThat(rig.transport.wrongAccesses() - before).isEqualTo(2L * absent.length);
    assertThat(pfn(0)).isNotZero();
  }

  @Test
  @DisplayName("version 2 has no GuestPageSize, QueueAlign and QueuePFN")
  void registersOfVersion1AreAbsentInVersion2() {
    MockRig modern = other(VirtioMmioOptions.DEFAULT);
    for (int register : new int[] {0x28, 0x3c, 0x40}) {
      modern.driver.write(register, PAGE);
      assertThat(modern.driver.read(register)).isZero();
    }
    assertThat(modern.transport.wrongAccesses()).isEqualTo(6);
  }

  @Test
  @DisplayName("FEAT-LEG-03, FEAT-LEG-05, BASE-LEG-02: ANY_LAYOUT, no bit 30, no second window")
  void offer() {
    long offered = rig.driver.offeredFeatures();
    assertThat(offered)
        .isEqualTo(
            0b111
                | Virtio.F_NOTIFY_ON_EMPTY
                | Virtio.F_ANY_LAYOUT
                | Virtio.F_INDIRECT_DESC
                | Virtio.F_EVENT_IDX);
    rig.driver.acceptFeatures(-1L);
    assertThat(rig.transport.features()).isEqualTo(offered);
  }

  @Test
  @DisplayName("MMIO-06: features are in force as they are written, until a queue is in use")
  void featuresAtOnce() {
    rig.driver.write(MmioRegisters.GUEST_PAGE_SIZE, PAGE);
    rig.driver.write(MmioRegisters.STATUS, 3);
    rig.driver.acceptFeatures(0b11);
    assertThat(rig.transport.features()).isEqualTo(0b11);
    rig.driver.acceptFeatures(0b1);
    assertThat(rig.transport.features()).isEqualTo(0b1);
    rig.driver.setUpLegacyQueue(0, 8);
    long before = rig.transport.wrongAccesses();
    rig.driver.acceptFeatures(0b111);
    assertThat(rig.transport.features()).isEqualTo(0b1);
    assertThat(rig.transport.wrongAccesses()).isEqualTo(before + 2);
  }

  @Test
  @DisplayName("BASE-LEG-06: DRIVER_OK without FEATURES_OK, which is never set")
  void noFeaturesOk() {
    rig.startLegacy(0, 0, 8);
    assertThat(rig.driver.status()).isEqualTo(7);
    rig.driver.write(MmioRegisters.STATUS, 15);
    assertThat(rig.driver.status()).isEqualTo(7);
    assertThat(rig.device.featureOffers()).containsExactly(0L);
  }

  @Test
  @DisplayName(
      "features that the device cannot do without break it at DRIVER_OK: nobody can refuse")
  void unacceptableFeatures() {
    rig.device.requireFeatures(0b10);
    rig.startLegacy(0b1, 0, 8);
    assertThat(rig.broken()).isTrue();
  }

  @Test
  @DisplayName("MMIO-LEG-03, MMIO-LEG-14, SPLIT-LEG-03: a block at PFN times page size is used")
  void elements() {
    MockRing ring = rig.startLegacy(Virtio.F_INDIRECT_DESC, 2, 64);
    rig.device.script(2, e -> new MockDevice.Reply.Answer(new byte[] {7}));
    for (int i = 0; i < 200; i++) {
      MockRing.Part in = rig.driver.in(4);
      int head =
          i % 2 == 0
              ? ring.send(rig.driver.out32(i), in)
              : ring.addIndirect(rig.driver.out32(i), in);
      ring.kick();
      assertThat(ring.poll()).isEqualTo(new MockRing.Used(head, 1));
      assertThat(rig.memory.load8(in.address())).isEqualTo(7);
    }
    assertThat(rig.device.elements(2)).hasSize(200);
    assertThat(rig.driver.acknowledge()).as("MMIO-LEG-15").isEqualTo(Virtio.INTERRUPT_USED);
    assertThat(rig.lineHigh()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"4096,4", "4096,64", "65536,4096", "512,512", "16384,16384"})
  @DisplayName("MMIO-LEG-03, MMIO-LEG-08: any power of two of page size and alignment")
  void pageSizesAndAlignments(int pageSize, int align) {
    long block = rig.driver.allocate(64 << 10, 64 << 10);
    setUp(pageSize, 8, align, block);
    rig.driver.ready();
    assertThat(pfn(2)).isEqualTo((int) (block / pageSize));
    long available = block + 128;
    long used = (available + 6 + 16 + align - 1) / align * align;
    rig.memory.store64(block, rig.driver.allocate(16, 16));
    rig.memory.store32(block + 8, 4);
    rig.memory.store16(available + 2, 1);
    rig.driver.write(MmioRegisters.QUEUE_NOTIFY, 2);
    assertThat(rig.memory.load16(used + 2)).isEqualTo(1);
    assertThat(rig.broken()).isFalse();
  }

  @Test
  @DisplayName("SPLIT-LEG-01: without QueueSize and QueueAlign, the device's size and pages")
  void defaults() {
    long block = rig.driver.allocate(64 << 10, PAGE);
    rig.driver.negotiateLegacy(0);
    rig.driver.write(MmioRegisters.QUEUE_SEL, 2);
    rig.driver.write(MmioRegisters.QUEUE_PFN, (int) (block / PAGE));
    assertThat(rig.transport.queue(2).size()).isEqualTo(256);
    rig.memory.store64(block, rig.driver.allocate(16, 16));
    rig.memory.store32(block + 8, 4);
    rig.memory.store16(block + 16 * 256 + 2, 1);
    rig.driver.write(MmioRegisters.QUEUE_NOTIFY, 2);
    assertThat(rig.memory.load16(block + 2 * PAGE + 2)).isEqualTo(1);
  }

  @ParameterizedTest(name = "page size {0}, size {1}, alignment {2}, block {3}")
  @CsvSource({
    "0,8,4096,0x40200000",
    "4095,8,4096,0x40200000",
    "-1,8,4096,0xffffffff",
    "4096,7,4096,0x40200000",
    "4096,512,4096,0x40200000",
    "4096,-8,4096,0x40200000",
    "4096,8,3,0x40200000",
    "4096,8,2,0x40200000",
    "4096,8,-2147483648,0x40200000",
    "8,8,4096,0x40200008",
    "4096,8,4096,0x3ffff000",
    "4096,8,4096,0x403ff000",
    "-2147483648,8,4096,0x7fffffff80000000",
    "4096,8,4096,0x40000000",
  })
  @DisplayName("a queue that cannot be breaks the device, and is not in use")
  void badSetUp(int pageSize, int size, int align, String block) {
    setUp(pageSize, size, align, Long.decode(block));
    assertThat(rig.broken()).isTrue();
    assertThat(pfn(2)).isZero();
    rig.startLegacy(0, 0, 8).send(rig.driver.out32(1));
    assertThat(rig.device.elements(0)).as("usable after a reset").hasSize(1);
  }

  @Test
  @DisplayName("MMIO-LEG-04, MMIO-LEG-06, MMIO-LEG-11: registers of the queue that QueueSel names")
  void banks() {
    rig.driver.negotiateLegacy(0);
    rig.driver.setUpLegacyQueue(0, 4);
    assertThat(pfn(2)).isZero();
    assertThat(rig.driver.queueSizeMax(2)).isEqualTo(256);
    rig.driver.setUpLegacyQueue(2, 32);
    assertThat(pfn(0)).isNotZero().isNotEqualTo(pfn(2));
    assertThat(rig.transport.queue(0).size()).isEqualTo(4);
    assertThat(rig.transport.queue(2).size()).isEqualTo(32);
    for (int absent : new int[] {1, 3, -1}) {
      assertThat(rig.driver.queueSizeMax(absent)).isZero();
      rig.driver.write(MmioRegisters.QUEUE_PFN, 5);
      assertThat(rig.driver.read(MmioRegisters.QUEUE_PFN)).isZero();
    }
  }

  @Test
  @DisplayName("a queue in use, and the page size, do not change")
  void inUse() {
    rig.startLegacy(0, 0, 8);
    int before = pfn(0);
    rig.driver.write(MmioRegisters.QUEUE_PFN, before + 7);
    rig.driver.write(MmioRegisters.QUEUE_SIZE, 2);
    rig.driver.write(MmioRegisters.QUEUE_ALIGN, 4);
    rig.driver.write(MmioRegisters.GUEST_PAGE_SIZE, 1 << 14);
    assertThat(pfn(0)).isEqualTo(before);
    assertThat(rig.transport.queue(0).size()).isEqualTo(8);
    assertThat(rig.transport.wrongAccesses()).isEqualTo(4);
  }

  @Test
  @DisplayName("MMIO-LEG-10, MMIO-LEG-12, EDGE-51, MMIO-05: PFN 0 stops one queue, Status 0 all")
  void stopped() {
    rig.startLegacy(0b1, 0, 8);
    MockRing other = rig.driver.setUpLegacyQueue(2, 8);
    rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
    rig.driver.write(MmioRegisters.QUEUE_PFN, 0);
    assertThat(pfn(0)).isZero();
    assertThat(pfn(2)).isNotZero();
    assertThat(rig.driver.status()).isEqualTo(7);
    assertThat(rig.transport.features()).isEqualTo(0b1);
    other.send(rig.driver.out32(1));
    assertThat(rig.device.elements(2)).hasSize(1);
    rig.driver.reset();
    assertThat(pfn(2)).isZero();
    assertThat(rig.driver.status()).isZero();
    assertThat(rig.transport.features()).isZero();
    // The page size was written before the reset, as Linux's probe does.
    rig.driver.write(MmioRegisters.STATUS, 3);
    rig.driver.setUpLegacyQueue(0, 8);
    assertThat(pfn(0)).isNotZero();
  }

  @Test
  @DisplayName("EDGE-51, MMIO-05: as in QEMU PFN 0 resets the whole device")
  void pfnResets() {
    MockRig qemu = other(new VirtioMmioOptions(true, true));
    qemu.startLegacy(0b1, 0, 8);
    qemu.driver.setUpLegacyQueue(2, 8);
    int resets = qemu.device.resets();
    qemu.driver.write(MmioRegisters.QUEUE_SEL, 0);
    qemu.driver.write(MmioRegisters.QUEUE_PFN, 0);
    assertThat(qemu.device.resets()).isEqualTo(resets + 1);
    assertThat(qemu.driver.status()).isZero();
    assertThat(pfn(qemu, 2)).isZero();
    assertThat(qemu.transport.features()).isZero();
    qemu.startLegacy(0, 0, 8).send(qemu.driver.out32(1));
    assertThat(qemu.device.elements(0)).hasSize(1);
  }

  @Test
  @DisplayName("BASE-LEG-08: buffers are used before DRIVER_OK, and config before the features")
  void beforeDriverOk() {
    rig.driver.write(MmioRegisters.CONFIG, 1, 9); // BASE-LEG-07
    assertThat(rig.driver.read(MmioRegisters.CONFIG, 1)).isEqualTo(9);
    rig.driver.negotiateLegacy(0);
    MockRing ring = rig.driver.setUpLegacyQueue(0, 8);
    ring.send(rig.driver.out32(5));
    assertThat(rig.driver.status()).isEqualTo(3);
    assertThat(ring.usedIndex()).isEqualTo(1);
    ring.availableIndex(100);
    ring.kick();
    assertThat(rig.broken()).isTrue();
    ring.availableIndex(2);
    ring.kick();
    assertThat(ring.usedIndex()).as("a broken device uses nothing").isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("FEAT-LEG-02: with NOTIFY_ON_EMPTY the last buffer interrupts, wanted or not")
  void notifyOnEmpty(boolean agreed) {
    MockRing ring = rig.startLegacy(agreed ? Virtio.F_NOTIFY_ON_EMPTY : 0, 0, 8);
    ring.availableFlags(Virtio.AVAIL_NO_INTERRUPT);
    ring.send(rig.driver.out32(1));
    assertThat(rig.driver.acknowledge()).isEqualTo(agreed ? Virtio.INTERRUPT_USED : 0);
    rig.device.script(0, e -> new MockDevice.Reply.Hold());
    int first = ring.send(rig.driver.out32(2));
    int second = ring.send(rig.driver.out32(3));
    rig.device.release(0, first, 0);
    assertThat(rig.driver.acknowledge()).as("one is still out").isZero();
    rig.device.release(0, second, 0);
    assertThat(rig.driver.acknowledge()).isEqualTo(agreed ? Virtio.INTERRUPT_USED : 0);
  }

  @Test
  @DisplayName("MMIO-02: config bytes one by one, as a driver of version 1 reads and writes them")
  void configBytes() {
    for (int i = 0; i < 6; i++) {
      assertThat(rig.driver.read(MmioRegisters.CONFIG + i, 1)).isEqualTo(i + 1);
    }
    rig.driver.write(MmioRegisters.CONFIG + 5L, 1, 0xee);
    assertThat(rig.driver.read(MmioRegisters.CONFIG + 4L, 2)).isEqualTo(0xee05);
  }

  @Test
  @DisplayName("a legacy device moves in the middle of things, with what it holds")
  void moves() {
    MockRig target = other(VirtioMmioOptions.LEGACY);
    MockRing ring = rig.startLegacy(Virtio.F_EVENT_IDX, 0, 8);
    rig.device.script(0, e -> new MockDevice.Reply.Hold());
    int head = ring.send(rig.driver.out32(1));
    MemorySegment.copy(rig.memory.segment(), 0, target.memory.segment(), 0, rig.memory.size());
    byte[] state = rig.flat.save();
    target.flat.restore(state);
    assertThat(target.flat.save()).isEqualTo(state);
    target.device.release(0, head, 5);
    assertThat(target.memory.load16(ring.deviceArea() + 2)).isEqualTo(1);
    assertThat(pfn(target, 0)).isEqualTo(pfn(0));
  }

  @ParameterizedTest(name = "refused: field {0} is {1}")
  @CsvSource({
    "44,0",
    "44,4097",
    "0,15",
    "24,1",
    "16,8",
    "20,1",
    "88,16",
    "96,0x40200000",
    "104,0x40200000",
    "128,3",
    "128,0",
    "128,8192",
    "128,12288",
    "120,1",
    "124,3"
  })
  @DisplayName("a state that no run over version 1 can have left is refused")
  void corruptStateIsRefused(int field, String value) {
    rig.startLegacy(0, 0, 8);
    byte[] state = rig.flat.save();
    // Behind the digest and the interrupt controller's slice.
    MemorySegment.ofArray(state)
        .set(ValueLayout.JAVA_INT_UNALIGNED, 16 + field, Integer.decode(value));
    MockRig target = other(VirtioMmioOptions.LEGACY);
    byte[] before = target.flat.save();
    assertThatThrownBy(() -> target.flat.restore(state)).isInstanceOf(StateRefusedException.class);
    assertThat(target.flat.save()).isEqualTo(before);
  }

  @Test
  @DisplayName("a state of the other version is refused")
  void otherVersionIsRefused() {
    MockRig modern = other(VirtioMmioOptions.DEFAULT);
    modern.start(0, 0, 8);
    rig.startLegacy(0, 0, 8);
    byte[] legacyState = rig.flat.save();
    byte[] modernState = modern.flat.save();
    assertThatThrownBy(() -> rig.flat.restore(modernState))
        .isInstanceOf(StateRefusedException.class);
    assertThatThrownBy(() -> modern.flat.restore(legacyState))
        .isInstanceOf(StateRefusedException.class);
  }
}
