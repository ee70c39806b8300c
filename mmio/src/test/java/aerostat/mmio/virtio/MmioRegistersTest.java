package aerostat.mmio.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.mock.MockDevice;
import aerostat.mmio.mock.MockRing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MmioRegistersTest {
  private static final int UP_TO_FEATURES = 11;

  private final MockRig rig = new MockRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  @DisplayName("MMIO-DEV-01, MMIO-DEV-02: magic, version 2, device and vendor id")
  void identity() {
    assertThat(rig.driver.read(MmioRegisters.MAGIC_VALUE)).isEqualTo(0x74726976);
    assertThat(rig.driver.read(MmioRegisters.VERSION)).isEqualTo(2);
    assertThat(rig.driver.read(MmioRegisters.DEVICE_ID)).isEqualTo(42);
    assertThat(rig.driver.read(MmioRegisters.VENDOR_ID)).isEqualTo(MmioRegisters.VENDOR);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8})
  @DisplayName("MMIO-01: control registers answer 32-bit accesses only, the rest is counted")
  void wrongWidth(int width) {
    assertThat(rig.driver.read(MmioRegisters.MAGIC_VALUE, width)).isZero();
    rig.driver.write(MmioRegisters.STATUS, width, 1);
    assertThat(rig.driver.status()).isZero();
    assertThat(rig.transport.wrongAccesses()).isEqualTo(2);
  }

  @Test
  @DisplayName("MMIO-01: misaligned accesses read 0 and change nothing")
  void misaligned() {
    assertThat(rig.driver.read(2L, 4)).isZero();
    rig.driver.write(MmioRegisters.STATUS + 1L, 4, 0x01010101);
    assertThat(rig.driver.status()).isZero();
    assertThat(rig.driver.read(-4L, 4)).isZero();
    rig.driver.write(-4L, 4, 1);
    assertThat(rig.transport.wrongAccesses()).isEqualTo(4);
  }

  @Test
  @DisplayName("MMIO-DRV-02, MMIO-DRV-03: the wrong direction reads 0 or is ignored, counted")
  void wrongDirection() {
    int[] readOnly = {0, 4, 8, 0xc, 0x10, 0x34, 0x60, 0xb0, 0xb4, 0xb8, 0xbc, 0xfc};
    for (int register : readOnly) {
      long before = rig.driver.read(register, 4);
      rig.driver.write(register, 0xffff_ffff);
      assertThat(rig.driver.read(register, 4)).as("register %x", register).isEqualTo(before);
    }
    int[] writeOnly = {
      0x14, 0x20, 0x24, 0x30, 0x38, 0x50, 0x64, 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4, 0xac
    };
    for (int register : writeOnly) {
      assertThat(rig.driver.read(register)).as("register %x", register).isZero();
    }
    assertThat(rig.transport.wrongAccesses()).isEqualTo(readOnly.length + writeOnly.length);
  }

  @Test
  @DisplayName("undefined offsets read 0 and ignore writes")
  void undefined() {
    int[] undefined = {
      0x18, 0x1c, 0x28, 0x2c, 0x3c, 0x40, 0x48, 0x4c, 0x54, 0x58, 0x5c, 0x68, 0x6c, 0x74, 0x78,
      0x7c, 0x88, 0x8c, 0x98, 0x9c, 0xa8, 0xc4, 0xf8
    };
    for (int register : undefined) {
      assertThat(rig.driver.read(register)).isZero();
      rig.driver.write(register, -1);
    }
    assertThat(rig.transport.wrongAccesses()).isEqualTo(2L * undefined.length);
  }

  @Test
  @DisplayName("no shared memory: length and base read all ones; MMIO-11: QueueReset reads 0")
  void sharedMemoryAndQueueReset() {
    rig.driver.write(MmioRegisters.SHM_SEL, 7);
    for (int register = 0xb0; register <= 0xbc; register += 4) {
      assertThat(rig.driver.read(register)).isEqualTo(-1);
    }
    rig.start(0, 0, 8);
    rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
    rig.driver.write(MmioRegisters.QUEUE_RESET, 1);
    assertThat(rig.driver.read(MmioRegisters.QUEUE_RESET)).isZero();
    assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isEqualTo(1);
  }

  @Test
  @DisplayName("offer: device bits, INDIRECT_DESC, EVENT_IDX, VERSION_1; windows from 2 on read 0")
  void offer() {
    assertThat(rig.driver.offeredFeatures()).isEqualTo(0b111 | 1L << 28 | 1L << 29 | 1L << 32);
    for (int window : new int[] {2, 3, Integer.MAX_VALUE, -1}) {
      rig.driver.write(MmioRegisters.DEVICE_FEATURES_SEL, window);
      assertThat(rig.driver.read(MmioRegisters.DEVICE_FEATURES)).isZero();
    }
  }

  @Test
  @DisplayName("UAPI-03: a bit that was not offered is not enabled")
  void unofferedBit() {
    rig.driver.write(MmioRegisters.STATUS, 1);
    rig.driver.write(MmioRegisters.STATUS, 3);
    rig.driver.acceptFeatures(-1L);
    rig.driver.write(MmioRegisters.STATUS, UP_TO_FEATURES);
    assertThat(rig.driver.status()).isEqualTo(UP_TO_FEATURES);
    assertThat(rig.transport.features()).isEqualTo(rig.driver.offeredFeatures());
    assertThat(rig.transport.wrongAccesses()).isEqualTo(2); // counted for each window
  }

  @Test
  @DisplayName("FEATURES_OK stays clear without VERSION_1")
  void versionOneIsRequired() {
    rig.driver.acceptFeatures(0b1);
    rig.driver.write(MmioRegisters.STATUS, UP_TO_FEATURES);
    assertThat(rig.driver.status()).isEqualTo(3);
    assertThat(rig.transport.features()).isZero();
  }

  @Test
  @DisplayName(
      "BASE-DEV-07: FEATURES_OK stays clear when the device refuses, then a better set works")
  void deviceRefuses() {
    rig.device.requireFeatures(0b10);
    rig.driver.acceptFeatures(Virtio.F_VERSION_1 | 0b1);
    rig.driver.write(MmioRegisters.STATUS, UP_TO_FEATURES);
    assertThat(rig.driver.status()).isEqualTo(3);
    rig.driver.acceptFeatures(Virtio.F_VERSION_1 | 0b10);
    rig.driver.write(MmioRegisters.STATUS, UP_TO_FEATURES);
    assertThat(rig.driver.status()).isEqualTo(UP_TO_FEATURES);
    assertThat(rig.device.featureOffers())
        .containsExactly(Virtio.F_VERSION_1 | 0b1, Virtio.F_VERSION_1 | 0b10);
  }

  @Test
  @DisplayName("MMIO-06: features count from FEATURES_OK on, and are fixed until reset")
  void featuresAreFixed() {
    rig.driver.acceptFeatures(Virtio.F_VERSION_1 | 0b1);
    assertThat(rig.transport.features()).isZero();
    rig.driver.write(MmioRegisters.STATUS, UP_TO_FEATURES);
    rig.driver.acceptFeatures(Virtio.F_VERSION_1 | 0b110);
    rig.driver.write(MmioRegisters.STATUS, 3); // trying to take FEATURES_OK back
    assertThat(rig.driver.status()).isEqualTo(UP_TO_FEATURES);
    rig.driver.write(MmioRegisters.STATUS, UP_TO_FEATURES);
    assertThat(rig.transport.features()).isEqualTo(Virtio.F_VERSION_1 | 0b1);
    rig.driver.reset();
    assertThat(rig.transport.features()).isZero();
  }

  @Test
  @DisplayName("DRIVER_OK without agreed features does not make the device live")
  void driverOkNeedsFeatures() {
    rig.driver.write(MmioRegisters.STATUS, 7);
    assertThat(rig.driver.status()).isEqualTo(3);
    assertThat(rig.transport.driverOk()).isFalse();
  }

  @Test
  @DisplayName("status bits that are not offered (SUSPEND) or the device's own do not stick")
  void statusBits() {
    rig.driver.write(MmioRegisters.STATUS, 0xffff_ff51);
    assertThat(rig.driver.status()).isEqualTo(1);
    rig.driver.write(MmioRegisters.STATUS, 0x80 | 1);
    assertThat(rig.driver.status()).isEqualTo(0x81);
  }

  @Test
  @DisplayName("MMIO-08: a queue that does not exist has size 0, whatever the index")
  void absentQueues() {
    assertThat(rig.driver.queueSizeMax(0)).isEqualTo(8);
    assertThat(rig.driver.queueSizeMax(1)).isZero();
    assertThat(rig.driver.queueSizeMax(2)).isEqualTo(256);
    for (int index : new int[] {3, 1023, 1024, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
      assertThat(rig.driver.queueSizeMax(index)).isZero();
      rig.driver.write(MmioRegisters.QUEUE_SIZE, 8);
      rig.driver.write(MmioRegisters.QUEUE_READY, 1);
      rig.driver.write(MmioRegisters.QUEUE_NOTIFY, index);
      assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isZero();
    }
    assertThat(rig.transport.violations()).isZero();
    assertThat(rig.transport.wrongAccesses()).isEqualTo(21);
  }

  @Test
  @DisplayName("MMIO-DRV-15: size and addresses do not move while the queue is ready")
  void queueRegistersAreLocked() {
    MockRing ring = rig.start(0, 0, 8);
    rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
    rig.driver.write(MmioRegisters.QUEUE_SIZE, 4);
    rig.driver.write(MmioRegisters.QUEUE_DESC_LOW, 0);
    assertThat(rig.transport.wrongAccesses()).isEqualTo(2);
    ring.send(rig.driver.out32(1));
    assertThat(rig.device.elements()).hasSize(1);
  }

  @Test
  @DisplayName("a queue is not enabled before FEATURES_OK")
  void queueBeforeFeatures() {
    rig.driver.setUpQueue(0, 8);
    assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 7, 16, 32768, 65536, -1, Integer.MIN_VALUE})
  @DisplayName("DEV-32: a queue size that is no power of two up to the maximum breaks the device")
  void badQueueSize(int size) {
    rig.driver.negotiate(0);
    MockRing ring = rig.driver.setUpQueue(2, 8);
    rig.driver.write(MmioRegisters.QUEUE_READY, 0);
    ring.register();
    rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
    writeAddresses(ring.descriptorArea(), ring.driverArea(), ring.deviceArea());
    rig.driver.write(MmioRegisters.QUEUE_SIZE, size);
    rig.driver.write(MmioRegisters.QUEUE_READY, 1);
    assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isZero();
    assertThat(rig.broken()).isTrue();
    assertThat(rig.lineHigh()).as("no interrupt before DRIVER_OK").isFalse();
  }

  @Test
  @DisplayName("DEV-32: areas outside RAM, in the image or misaligned break the device")
  void badQueueAreas() {
    long good = 0x4010_0000L;
    long rom = 0x4000_1000L;
    long[][] cases = {
      {good + 8, good + 0x1000, good + 0x2000},
      {good, good + 0x1001, good + 0x2000},
      {good, good + 0x1000, good + 0x2002},
      {0, good, good},
      {good, 0x1000, good},
      {good, good, 0xffff_ffff_ffff_fff0L},
      {good, good, rom},
      {good, good, 0x4040_0000L - 8},
      {0x4040_0000L - 16, good, good},
      {Long.MIN_VALUE, good, good},
    };
    for (long[] areas : cases) {
      rig.driver.negotiate(0);
      rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
      rig.driver.write(MmioRegisters.QUEUE_SIZE, 8);
      writeAddresses(areas[0], areas[1], areas[2]);
      rig.driver.write(MmioRegisters.QUEUE_READY, 1);
      assertThat(rig.broken()).as("areas %x %x %x", areas[0], areas[1], areas[2]).isTrue();
      assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isZero();
    }
    assertThat(rig.transport.violations()).isEqualTo(cases.length);
  }

  private void writeAddresses(long descriptors, long driver, long device) {
    rig.driver.write(MmioRegisters.QUEUE_DESC_LOW, (int) descriptors);
    rig.driver.write(MmioRegisters.QUEUE_DESC_HIGH, (int) (descriptors >>> 32));
    rig.driver.write(MmioRegisters.QUEUE_DRIVER_LOW, (int) driver);
    rig.driver.write(MmioRegisters.QUEUE_DRIVER_HIGH, (int) (driver >>> 32));
    rig.driver.write(MmioRegisters.QUEUE_DEVICE_LOW, (int) device);
    rig.driver.write(MmioRegisters.QUEUE_DEVICE_HIGH, (int) (device >>> 32));
  }

  @Test
  @DisplayName("MMIO-DEV-03, MMIO-DEV-04, MMIO-09: status bits stay until acknowledged; level line")
  void interruptStatus() {
    MockRing ring = rig.start(0, 0, 8);
    assertThat(rig.driver.interruptStatus()).isZero();
    assertThat(rig.lineHigh()).isFalse();
    ring.send(rig.driver.out32(1));
    assertThat(rig.driver.interruptStatus()).isEqualTo(1);
    rig.device.changeConfig(0, 1, 9);
    assertThat(rig.driver.interruptStatus()).isEqualTo(3);
    rig.driver.write(MmioRegisters.INTERRUPT_ACK, 1);
    assertThat(rig.driver.interruptStatus()).isEqualTo(2);
    assertThat(rig.lineHigh()).isTrue();
    rig.driver.write(MmioRegisters.INTERRUPT_ACK, 0xffff_fffe); // undefined bits are ignored
    assertThat(rig.driver.interruptStatus()).isZero();
    assertThat(rig.lineHigh()).isFalse();
  }

  @Test
  @DisplayName("MMIO-DEV-07, MMIO-10: the generation moves with the config, and over a reset stays")
  void generation() {
    int first = rig.driver.read(MmioRegisters.CONFIG_GENERATION);
    assertThat(first).isZero();
    rig.device.changeConfig(0, 1, 9);
    assertThat(rig.driver.read(MmioRegisters.CONFIG_GENERATION)).isEqualTo(1);
    assertThat(rig.lineHigh()).as("no interrupt before DRIVER_OK").isFalse();
    rig.driver.reset();
    assertThat(rig.driver.read(MmioRegisters.CONFIG_GENERATION)).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "MMIO-02, MMIO-DRV-05: config space by bytes, 16 and 32 bits, aligned; never 64 bits")
  void configWidths() {
    assertThat(rig.driver.read(0x101L, 1)).isEqualTo(2);
    assertThat(rig.driver.read(0x102L, 2)).isEqualTo(0x0403);
    assertThat(rig.driver.read(0x100L, 4)).isEqualTo(0x04030201);
    assertThat(rig.driver.read(0x101L, 2)).isZero();
    assertThat(rig.driver.read(0x102L, 4)).isZero();
    assertThat(rig.driver.read(0x100L, 8)).isZero();
    assertThat(rig.transport.wrongAccesses()).isEqualTo(3);
    rig.driver.write(0x100L, 2, 0xabcd);
    assertThat(rig.device.configWrites()).containsExactly(new MockDevice.ConfigWrite(0, 2, 0xabcd));
  }

  @Test
  @DisplayName("UAPI-12, EDGE-45: reads across the config's end are all ones, writes are ignored")
  void configEnd() {
    assertThat(rig.driver.read(0x104L, 2)).isEqualTo(0x0605);
    assertThat(rig.driver.read(0x104L, 4)).isEqualTo(0xffff_ffffL);
    assertThat(rig.driver.read(0x106L, 1)).isEqualTo(0xff);
    assertThat(rig.driver.read(0x106L, 2)).isEqualTo(0xffff);
    assertThat(rig.driver.read(0xffcL, 4)).isEqualTo(0xffff_ffffL);
    assertThat(rig.driver.read(Long.MAX_VALUE & ~3, 4)).isEqualTo(0xffff_ffffL);
    rig.driver.write(0x104L, 4, 1);
    rig.driver.write(0x106L, 1, 1);
    rig.driver.write(Long.MAX_VALUE & ~3, 4, 1);
    assertThat(rig.device.configWrites()).isEmpty();
  }

  @Test
  @DisplayName(
      "MMIO-07, MMIO-DEV-05, MMIO-DEV-06, BASE-DEV-10: reset clears status, interrupts, queues")
  void reset() {
    rig.driver.negotiate(0);
    rig.driver.setUpQueue(2, 8);
    MockRing ring = rig.driver.setUpQueue(0, 8);
    rig.driver.ready();
    ring.send(rig.driver.out32(1));
    assertThat(rig.lineHigh()).isTrue();
    int before = rig.device.resets();
    rig.driver.reset();
    assertThat(rig.device.resets()).isEqualTo(before + 1);
    assertThat(rig.driver.status()).isZero();
    assertThat(rig.driver.interruptStatus()).isZero();
    assertThat(rig.lineHigh()).isFalse();
    for (int queue : new int[] {0, 2}) {
      rig.driver.write(MmioRegisters.QUEUE_SEL, queue);
      assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isZero();
    }
    ring.send(rig.driver.out32(1));
    assertThat(rig.device.elements()).as("BASE-DEV-12").hasSize(1);
    assertThat(rig.lineHigh()).as("BASE-DEV-11").isFalse();
    assertThat(rig.driver.status()).as("BASE-DEV-12: no look at the ring, which is gone").isZero();
  }

  @Test
  @DisplayName("BASE-DEV-01: buffers wait for DRIVER_OK, then are taken without a new kick")
  void nothingBeforeDriverOk() {
    rig.driver.negotiate(0);
    MockRing ring = rig.driver.setUpQueue(0, 8);
    ring.send(rig.driver.out32(1));
    assertThat(rig.device.elements()).isEmpty();
    assertThat(rig.lineHigh()).as("BASE-DEV-02").isFalse();
    rig.driver.ready();
    assertThat(rig.device.elements()).hasSize(1);
  }

  @Test
  @DisplayName("MMIO-05: QueueReady 0 stops the queue; enabling it starts a fresh ring")
  void queueStopped() {
    MockRing ring = rig.start(0, 0, 8);
    ring.send(rig.driver.out32(1));
    rig.driver.write(MmioRegisters.QUEUE_SEL, 0);
    rig.driver.write(MmioRegisters.QUEUE_READY, 0);
    assertThat(rig.driver.read(MmioRegisters.QUEUE_READY)).isZero();
    ring.send(rig.driver.out32(2));
    assertThat(rig.device.elements()).as("MMIO-DEV-08").hasSize(1);
    MockRing fresh = rig.driver.setUpQueue(0, 4);
    fresh.send(rig.driver.out32(3));
    assertThat(rig.device.elements()).hasSize(2);
    assertThat(fresh.usedIndex()).isEqualTo(1);
  }

  @Test
  @DisplayName("the trace tells the whole conversation, a line an event")
  void trace() {
    MockRing ring = rig.start(0, 0, 8);
    ring.send(rig.driver.out32(1));
    rig.driver.acknowledge();
    assertThat(rig.trace.lines())
        .contains(
            "virtio0 write reg=Status width=4 value=0xf",
            "virtio0 write reg=QueueNotify width=4 value=0x0",
            "virtio0 pop queue=0 head=0 out=1 outlen=4 in=0 inlen=0",
            "virtio0 push queue=0 head=0 len=0 notify=1",
            "virtio0 interrupt status=0x1",
            "virtio0 write reg=InterruptACK width=4 value=0x1");
  }
}
