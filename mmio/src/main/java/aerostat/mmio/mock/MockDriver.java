package aerostat.mmio.mock;

import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import java.lang.foreign.MemorySegment;

/**
 * A virtio-mmio driver that does what a script tells it. It touches the device through registers
 * and guest memory only, so it drives any transport; nothing stops it from breaking rules.
 *
 * <p>Not thread-safe. It takes its memory from an arena of guest RAM that nobody else may use.
 */
public final class MockDriver {
  private static final int LEGACY_PAGE = 4096;

  private final MmioDevice registers;
  private final GuestMemory memory;
  private long free;
  private long features;

  /**
   * @param registers the device's window, offset 0 = its base
   * @param arena guest-physical address from which the driver may take memory upwards
   */
  public MockDriver(MmioDevice registers, GuestMemory memory, long arena) {
    this.registers = registers;
    this.memory = memory;
    this.free = arena;
  }

  public GuestMemory memory() {
    return memory;
  }

  // ---- registers ----

  /** A 32-bit register. */
  public int read(int register) {
    return (int) registers.read(register, 4);
  }

  public void write(int register, int value) {
    registers.write(register, 4, Integer.toUnsignedLong(value));
  }

  /** A raw access of any width and offset. */
  public long read(long offset, int width) {
    return registers.read(offset, width);
  }

  public void write(long offset, int width, long value) {
    registers.write(offset, width, value);
  }

  public int status() {
    return read(MmioRegisters.STATUS);
  }

  public int interruptStatus() {
    return read(MmioRegisters.INTERRUPT_STATUS);
  }

  /** Reads InterruptStatus and acknowledges all of it. */
  public int acknowledge() {
    int bits = interruptStatus();
    write(MmioRegisters.INTERRUPT_ACK, bits);
    return bits;
  }

  public int config32(int offset) {
    return read(MmioRegisters.CONFIG + offset);
  }

  public void setConfig32(int offset, int value) {
    write(MmioRegisters.CONFIG + offset, value);
  }

  // ---- sequences ----

  public long offeredFeatures() {
    long bits = 0;
    for (int window = 0; window < 2; window++) {
      write(MmioRegisters.DEVICE_FEATURES_SEL, window);
      bits |= Integer.toUnsignedLong(read(MmioRegisters.DEVICE_FEATURES)) << (32 * window);
    }
    return bits;
  }

  public void acceptFeatures(long bits) {
    for (int window = 0; window < 2; window++) {
      write(MmioRegisters.DRIVER_FEATURES_SEL, window);
      write(MmioRegisters.DRIVER_FEATURES, (int) (bits >>> (32 * window)));
    }
  }

  public void reset() {
    write(MmioRegisters.STATUS, 0);
    features = 0;
  }

  /**
   * Steps 1 to 9 of device initialization: reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK.
   *
   * @param wanted accepted as far as the device offers them; VERSION_1 is added
   * @return the features agreed
   * @throws IllegalStateException when the device is no virtio-mmio version 2 device or refuses
   */
  public long negotiate(long wanted) {
    if (read(MmioRegisters.MAGIC_VALUE) != MmioRegisters.MAGIC
        || read(MmioRegisters.VERSION) != MmioRegisters.VERSION_2) {
      throw new IllegalStateException("no virtio-mmio version 2 device");
    }
    reset();
    write(MmioRegisters.STATUS, Virtio.STATUS_ACKNOWLEDGE);
    write(MmioRegisters.STATUS, Virtio.STATUS_ACKNOWLEDGE | Virtio.STATUS_DRIVER);
    long agreed = offeredFeatures() & (wanted | Virtio.F_VERSION_1);
    acceptFeatures(agreed);
    int asked = Virtio.STATUS_ACKNOWLEDGE | Virtio.STATUS_DRIVER | Virtio.STATUS_FEATURES_OK;
    write(MmioRegisters.STATUS, asked);
    if ((status() & Virtio.STATUS_FEATURES_OK) == 0) {
      throw new IllegalStateException(
          "the device refuses the features 0x" + Long.toHexString(agreed));
    }
    features = agreed;
    return agreed;
  }

  /**
   * The same over version 1: GuestPageSize of 4096, the features of the one window, no FEATURES_OK.
   *
   * @return the features agreed
   */
  public long negotiateLegacy(long wanted) {
    if (read(MmioRegisters.VERSION) != MmioRegisters.VERSION_1) {
      throw new IllegalStateException("no virtio-mmio version 1 device");
    }
    write(MmioRegisters.GUEST_PAGE_SIZE, LEGACY_PAGE);
    reset();
    write(MmioRegisters.STATUS, Virtio.STATUS_ACKNOWLEDGE);
    write(MmioRegisters.STATUS, Virtio.STATUS_ACKNOWLEDGE | Virtio.STATUS_DRIVER);
    features = offeredFeatures() & wanted;
    acceptFeatures(features);
    return features;
  }

  /** DRIVER_OK. */
  public void ready() {
    write(MmioRegisters.STATUS, status() | Virtio.STATUS_DRIVER_OK);
  }

  /** Sets a queue up with areas of its own, zeroed. */
  public MockRing setUpQueue(int index, int size) {
    MockRing ring =
        new MockRing(
            this,
            index,
            size,
            allocate(Virtio.descriptorAreaSize(size), 16),
            allocate(Virtio.driverAreaSize(size), 2),
            allocate(Virtio.deviceAreaSize(size), 4));
    ring.register();
    write(MmioRegisters.QUEUE_READY, 1);
    return ring;
  }

  /** Sets a queue up over version 1: one block, its used ring on a page of its own. */
  public MockRing setUpLegacyQueue(int index, int size) {
    long available = Virtio.descriptorAreaSize(size);
    long used = (available + Virtio.driverAreaSize(size) + LEGACY_PAGE - 1) & -LEGACY_PAGE;
    long block = allocate(used + Virtio.deviceAreaSize(size), LEGACY_PAGE);
    write(MmioRegisters.QUEUE_SEL, index);
    write(MmioRegisters.QUEUE_SIZE, size);
    write(MmioRegisters.QUEUE_ALIGN, LEGACY_PAGE);
    write(MmioRegisters.QUEUE_PFN, (int) (block / LEGACY_PAGE));
    return new MockRing(this, index, size, block, block + available, block + used);
  }

  /** Sets a packed queue up with areas of its own, zeroed; RING_PACKED must have been agreed. */
  public MockPackedRing setUpPackedQueue(int index, int size) {
    MockPackedRing ring =
        new MockPackedRing(
            this,
            index,
            size,
            allocate(Virtio.descriptorAreaSize(size), 16),
            allocate(Virtio.EVENT_SIZE, 4),
            allocate(Virtio.EVENT_SIZE, 4));
    writeQueue(index, size, ring.descriptorArea(), ring.driverArea(), ring.deviceArea());
    write(MmioRegisters.QUEUE_READY, 1);
    return ring;
  }

  /** Writes a queue's size and areas, without enabling it. */
  public void writeQueue(int index, int size, long descriptors, long driverArea, long deviceArea) {
    write(MmioRegisters.QUEUE_SEL, index);
    write(MmioRegisters.QUEUE_SIZE, size);
    writeAddress(MmioRegisters.QUEUE_DESC_LOW, descriptors);
    writeAddress(MmioRegisters.QUEUE_DRIVER_LOW, driverArea);
    writeAddress(MmioRegisters.QUEUE_DEVICE_LOW, deviceArea);
  }

  private void writeAddress(int low, long address) {
    write(low, (int) address);
    write(low + 4, (int) (address >>> 32));
  }

  /** Largest size the device takes, 0 = no such queue. */
  public int queueSizeMax(int index) {
    write(MmioRegisters.QUEUE_SEL, index);
    return read(MmioRegisters.QUEUE_SIZE_MAX);
  }

  boolean agreed(long feature) {
    return (features & feature) != 0;
  }

  // ---- memory ----

  /** Takes zeroed guest memory from the arena; it is never given back. */
  public long allocate(long bytes, int alignment) {
    long address = (free + alignment - 1) & -alignment;
    free = address + bytes;
    memory.fill(address, bytes, (byte) 0);
    return address;
  }

  /** Puts bytes into fresh guest memory and returns a readable part for them. */
  public MockRing.Part out(byte[] bytes) {
    long address = allocate(bytes.length, 16);
    memory.write(address, MemorySegment.ofArray(bytes), 0, bytes.length);
    return MockRing.out(address, bytes.length);
  }

  /** A readable part of 32-bit little-endian numbers. */
  public MockRing.Part out32(int... numbers) {
    long address = allocate(4L * numbers.length, 16);
    for (int i = 0; i < numbers.length; i++) {
      memory.store32(address + 4L * i, numbers[i]);
    }
    return MockRing.out(address, 4L * numbers.length);
  }

  /** A writable part of fresh guest memory. */
  public MockRing.Part in(int bytes) {
    return MockRing.in(allocate(bytes, 16), bytes);
  }
}
