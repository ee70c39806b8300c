package aerostat.mmio.mock;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import org.jspecify.annotations.Nullable;

/**
 * A packed ring, driver side. {@link #add} and {@link #poll} behave; {@link #descriptor} and the
 * memory itself let a script break any rule. Buffer ids are given in turn, modulo the size.
 */
public final class MockPackedRing {
  private final MockDriver driver;
  private final GuestMemory memory;
  private final int index;
  private final int size;
  private final long descriptors;
  private final long driverArea;
  private final long deviceArea;
  private final int[] slotsOf;
  private int next;
  private boolean wrap = true;
  private int usedNext;
  private boolean usedWrap = true;
  private int nextId;
  private int free;

  MockPackedRing(
      MockDriver driver, int index, int size, long descriptors, long driverArea, long deviceArea) {
    this.driver = driver;
    this.memory = driver.memory();
    this.index = index;
    this.size = size;
    this.descriptors = descriptors;
    this.driverArea = driverArea;
    this.deviceArea = deviceArea;
    slotsOf = new int[size];
    free = size;
  }

  public long descriptorArea() {
    return descriptors;
  }

  public long driverArea() {
    return driverArea;
  }

  public long deviceArea() {
    return deviceArea;
  }

  /** The slot that {@link #add} takes next, with the wrap counter in bit 15. */
  public int position() {
    return next | (wrap ? 0x8000 : 0);
  }

  /** The slot that is looked at for the next used descriptor, likewise. */
  public int usedPosition() {
    return usedNext | (usedWrap ? 0x8000 : 0);
  }

  /**
   * Makes a list available, without notification; the first descriptor's flags are written last.
   *
   * @return the buffer id
   * @throws IllegalStateException if the ring has no room
   */
  public int add(MockRing.Part... parts) {
    return add(parts, 0);
  }

  /** Makes one descriptor available that names a table of descriptors. */
  public int addIndirect(MockRing.Part... parts) {
    long table = driver.allocate((long) Virtio.DESC_SIZE * parts.length, 16);
    for (int i = 0; i < parts.length; i++) {
      descriptorAt(table + (long) Virtio.DESC_SIZE * i, parts[i], 0, flagsOf(parts[i]));
    }
    MockRing.Part whole = MockRing.out(table, (long) Virtio.DESC_SIZE * parts.length);
    return add(new MockRing.Part[] {whole}, Virtio.DESC_INDIRECT);
  }

  private int add(MockRing.Part[] parts, int more) {
    if (parts.length > free) {
      throw new IllegalStateException("no room for " + parts.length);
    }
    int id = nextId++ % size;
    slotsOf[id] = parts.length;
    free -= parts.length;
    int first = next;
    int firstFlags = 0;
    for (int i = 0; i < parts.length; i++) {
      int flags =
          flagsOf(parts[i])
              | more
              | (i < parts.length - 1 ? Virtio.DESC_NEXT : 0)
              | (wrap ? Virtio.DESC_AVAIL : Virtio.DESC_USED);
      if (i == 0) {
        firstFlags = flags;
        flags = flags ^ Virtio.DESC_AVAIL ^ Virtio.DESC_USED;
      }
      descriptor(next, parts[i], id, flags);
      advance();
    }
    memory.storeRelease16(descriptors + 16L * first + 14, firstFlags);
    return id;
  }

  private void advance() {
    if (++next == size) {
      next = 0;
      wrap = !wrap;
    }
  }

  private static int flagsOf(MockRing.Part part) {
    return part.writable() ? Virtio.DESC_WRITE : 0;
  }

  /** Notifies the device, asked or not. */
  public void kick() {
    int data = driver.agreed(Virtio.F_NOTIFICATION_DATA) ? position() << 16 : 0;
    driver.write(MmioRegisters.QUEUE_NOTIFY, index | data);
  }

  /** Whether the device wants to hear of the {@code slots} added since the position {@code old}. */
  public boolean wantsKick(int old, int slots) {
    return switch (deviceEventFlags()) {
      case Virtio.EVENT_DISABLE -> false;
      case Virtio.EVENT_DESC ->
          Virtio.packedEventPassed(memory.load16(deviceArea), old, slots, size);
      default -> true;
    };
  }

  public int send(MockRing.Part... parts) {
    int id = add(parts);
    kick();
    return id;
  }

  /** The next used descriptor, its length 0 unless the device wrote (PACKED-TXT-15); or null. */
  public MockRing.@Nullable Used poll() {
    long descriptor = descriptors + 16L * usedNext;
    int flags = memory.loadAcquire16(descriptor + 14);
    boolean available = (flags & Virtio.DESC_AVAIL) != 0;
    boolean used = (flags & Virtio.DESC_USED) != 0;
    if (available != used || used != usedWrap) {
      return null;
    }
    int id = memory.load16(descriptor + 12);
    long length = Integer.toUnsignedLong(memory.load32(descriptor + 8));
    int slots = id < size ? slotsOf[id] : 1;
    free += slots;
    usedNext += slots;
    if (usedNext >= size) {
      usedNext -= size;
      usedWrap = !usedWrap;
    }
    return new MockRing.Used(id, (flags & Virtio.DESC_WRITE) != 0 ? length : 0);
  }

  // ---- raw ----

  /** Writes a descriptor with exactly these flags. */
  public void descriptor(int slot, MockRing.Part part, int id, int flags) {
    descriptorAt(descriptors + 16L * slot, part, id, flags);
  }

  public void descriptorAt(long address, MockRing.Part part, int id, int flags) {
    memory.store64(address, part.address());
    memory.store32(address + 8, (int) part.length());
    memory.store16(address + 12, id);
    memory.storeRelease16(address + 14, flags);
  }

  /** What the driver asks for: position and event flags. */
  public void driverEvent(int position, int flags) {
    memory.store16(driverArea, position);
    memory.storeRelease16(driverArea + 2, flags);
  }

  public int deviceEventFlags() {
    return memory.loadAcquire16(deviceArea + 2) & 3;
  }
}
