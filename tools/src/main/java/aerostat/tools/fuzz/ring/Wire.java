package aerostat.tools.fuzz.ring;

import aerostat.mmio.bus.MmioDevice;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import java.util.Arrays;

/**
 * The hostile driver's hands: a device's registers, and an arena at the end of guest RAM with room
 * for rings and buffers.
 */
public final class Wire implements MmioDevice {
  /** Queues that have room for rings in the arena. */
  public static final int QUEUES = 6;

  /** Bytes of the arena for each queue: descriptors, driver area, device area, indirect table. */
  private static final int QUEUE_ROOM = 0x4000;

  private static final int DRIVER_AREA = 0x1000;
  private static final int DEVICE_AREA = 0x2000;
  private static final int TABLE = 0x3000;

  /** Largest ring the arena has room for. */
  public static final int RING_MAX = 128;

  /** Data pages behind the rings. */
  public static final int BUFFERS = 8;

  public static final int ARENA = QUEUES * QUEUE_ROOM + (BUFFERS + 16) * 4096;

  private final GuestMemory memory;
  private final MmioDevice registers;
  private final long arena;
  private final int[] sizes = new int[QUEUES];
  private boolean packed;
  private boolean orderly;
  private final int[] slot = new int[QUEUES];
  private final boolean[] wrap = new boolean[QUEUES];
  private final int[] available = new int[QUEUES];
  private long accesses;

  /**
   * @param registers the device's window
   */
  public Wire(GuestMemory memory, MmioDevice registers) {
    this.memory = memory;
    this.registers = registers;
    arena = arena(memory);
  }

  public void begin() {
    packed = false;
    orderly = false;
    Arrays.fill(sizes, 0);
    Arrays.fill(available, 0);
  }

  public GuestMemory memory() {
    return memory;
  }

  @Override
  public long read(long offset, int width) {
    accesses++;
    return registers.read(offset, width);
  }

  @Override
  public void write(long offset, int width, long value) {
    accesses++;
    registers.write(offset, width, value);
  }

  /** Reads and writes of registers so far. */
  public long accesses() {
    return accesses;
  }

  public int read(int register) {
    return (int) read(register, 4);
  }

  public void write(int register, int value) {
    write(register, 4, value);
  }

  public long descriptors(int queue) {
    return arena + (long) queue * QUEUE_ROOM;
  }

  public long driverArea(int queue) {
    return descriptors(queue) + DRIVER_AREA;
  }

  public long deviceArea(int queue) {
    return descriptors(queue) + DEVICE_AREA;
  }

  public long table(int queue) {
    return descriptors(queue) + TABLE;
  }

  public long buffer(int n) {
    return arena + (long) QUEUES * QUEUE_ROOM + n * 4096L;
  }

  /** Guest-physical address from which on the driver stores, and nowhere before. */
  public static long arena(GuestMemory memory) {
    return memory.end() - ARENA;
  }

  /** Memory for a well-behaved driver of a target's properties. */
  public long spare() {
    return buffer(BUFFERS);
  }

  public int size(int queue) {
    return Math.max(1, sizes[queue]);
  }

  /** Reset, and all steps up to FEATURES_OK with these features as far as they are offered. */
  public void negotiate(long features) {
    write(MmioRegisters.STATUS, 0);
    write(MmioRegisters.STATUS, Virtio.STATUS_ACKNOWLEDGE | Virtio.STATUS_DRIVER);
    long agreed = 0;
    for (int select = 0; select < 2; select++) {
      write(MmioRegisters.DEVICE_FEATURES_SEL, select);
      write(MmioRegisters.DRIVER_FEATURES_SEL, select);
      int offered = read(MmioRegisters.DEVICE_FEATURES);
      int taken = offered & (int) (features >>> (32 * select));
      write(MmioRegisters.DRIVER_FEATURES, taken);
      agreed |= Integer.toUnsignedLong(taken) << (32 * select);
    }
    packed = (agreed & Virtio.F_RING_PACKED) != 0;
    write(
        MmioRegisters.STATUS,
        Virtio.STATUS_ACKNOWLEDGE | Virtio.STATUS_DRIVER | Virtio.STATUS_FEATURES_OK);
  }

  public void setUp(int queue, int size, long descriptors, long driverArea, long deviceArea) {
    sizes[queue] = size;
    available[queue] = 0;
    slot[queue] = 0;
    wrap[queue] = true;
    write(MmioRegisters.QUEUE_SEL, queue);
    write(MmioRegisters.QUEUE_SIZE, size);
    address(MmioRegisters.QUEUE_DESC_LOW, descriptors);
    address(MmioRegisters.QUEUE_DRIVER_LOW, driverArea);
    address(MmioRegisters.QUEUE_DEVICE_LOW, deviceArea);
    write(MmioRegisters.QUEUE_READY, 1);
  }

  private void address(int low, long address) {
    write(low, (int) address);
    write(low + 4, (int) (address >>> 32));
  }

  public void descriptor(long table, int at, long address, long length, int flags, int next) {
    long descriptor = table + 16L * at;
    memory.store64(descriptor, address);
    memory.store32(descriptor + 8, (int) length);
    memory.store16(descriptor + 12, flags);
    memory.store16(descriptor + 14, next);
  }

  /** Puts a head into the ring and moves the index by so much. */
  public void publish(int queue, int head, int step) {
    int slot = available[queue] & (size(queue) - 1);
    memory.store16(driverArea(queue) + 4 + 2L * (slot & 0xfff), head);
    available[queue] = (available[queue] + step) & 0xffff;
    memory.store16(driverArea(queue) + 2, available[queue]);
  }

  /**
   * Whether all rings are as an initialization left them, and only chains as they should be went
   * in: then it is known what the device has to do with the next one.
   */
  public boolean orderly() {
    return orderly;
  }

  public void orderly(boolean now) {
    orderly = now;
  }

  /** Whether the last initialization asked for packed rings. */
  public boolean packed() {
    return packed;
  }

  /** A list of a packed ring as it should be, but for its lengths. */
  public void packedList(int queue, int readable, int writable, long length) {
    int parts = readable + writable;
    for (int i = 0; i < parts; i++) {
      int flags =
          (i < parts - 1 ? Virtio.DESC_NEXT : 0)
              | (i < readable ? 0 : Virtio.DESC_WRITE)
              | (wrap[queue] ? Virtio.DESC_AVAIL : Virtio.DESC_USED);
      // Identifier and flags have changed places with the split ring's flags and next.
      descriptor(descriptors(queue), slot[queue], buffer(i % BUFFERS), length, slot[queue], flags);
      nextSlot(queue);
    }
  }

  /** Makes so many bytes of a queue's table its next chain. */
  public void publishTable(int queue, long length) {
    if (packed) {
      int flags = Virtio.DESC_INDIRECT | (wrap[queue] ? Virtio.DESC_AVAIL : Virtio.DESC_USED);
      descriptor(descriptors(queue), slot[queue], table(queue), length, slot[queue], flags);
      nextSlot(queue);
    } else {
      descriptor(descriptors(queue), 0, table(queue), length, Virtio.DESC_INDIRECT, 0);
      publish(queue, 0, 1);
    }
  }

  private void nextSlot(int queue) {
    if (++slot[queue] >= size(queue) || slot[queue] >= RING_MAX) {
      slot[queue] = 0;
      wrap[queue] = !wrap[queue];
    }
  }
}
