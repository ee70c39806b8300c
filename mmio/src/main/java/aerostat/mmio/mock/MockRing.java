package aerostat.mmio.mock;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A split ring, driver side. {@link #add} and {@link #poll} behave; the raw methods write any field
 * with any value.
 */
public final class MockRing {
  /**
   * Part of a buffer.
   *
   * @param length as the descriptor will say, unsigned 32-bit
   */
  public record Part(long address, long length, boolean writable) {}

  /** A used entry. */
  public record Used(int head, long length) {}

  private final MockDriver driver;
  private final GuestMemory memory;
  private final int index;
  private final int size;
  private final long descriptors;
  private final long available;
  private final long used;
  private int nextDescriptor;
  private int usedSeen;

  MockRing(MockDriver driver, int index, int size, long descriptors, long available, long used) {
    this.driver = driver;
    this.memory = driver.memory();
    this.index = index;
    this.size = size;
    this.descriptors = descriptors;
    this.available = available;
    this.used = used;
  }

  /** A part that the device reads. */
  public static Part out(long address, long length) {
    return new Part(address, length, false);
  }

  /** A part that the device writes. */
  public static Part in(long address, long length) {
    return new Part(address, length, true);
  }

  /** Writes size and addresses into the queue's registers, without enabling it. */
  public void register() {
    driver.writeQueue(index, size, descriptors, available, used);
  }

  public int index() {
    return index;
  }

  public int size() {
    return size;
  }

  public long descriptorArea() {
    return descriptors;
  }

  public long driverArea() {
    return available;
  }

  public long deviceArea() {
    return used;
  }

  // ---- well-behaved ----

  /**
   * Makes a chain available, without notification. Descriptors are taken round the table: the
   * script keeps no more in flight than fit.
   *
   * @return the head
   */
  public int add(Part... parts) {
    int head = nextDescriptor % size;
    for (int i = 0; i < parts.length; i++) {
      boolean last = i == parts.length - 1;
      int at = nextDescriptor % size;
      descriptor(at, parts[i], last ? 0 : Virtio.DESC_NEXT, last ? 0 : (at + 1) % size);
      nextDescriptor++;
    }
    publish(head);
    return head;
  }

  /** As {@link #add}, through an indirect table behind one descriptor. */
  public int addIndirect(Part... parts) {
    long table = driver.allocate((long) Virtio.DESC_SIZE * parts.length, 16);
    for (int i = 0; i < parts.length; i++) {
      boolean last = i == parts.length - 1;
      descriptorAt(
          table + (long) Virtio.DESC_SIZE * i,
          parts[i],
          last ? 0 : Virtio.DESC_NEXT,
          last ? 0 : i + 1);
    }
    int head = nextDescriptor++ % size;
    descriptor(head, out(table, (long) Virtio.DESC_SIZE * parts.length), Virtio.DESC_INDIRECT, 0);
    publish(head);
    return head;
  }

  /** Puts a head into the available ring and moves its index. */
  public void publish(int head) {
    int at = availableIndex();
    memory.store16(available + 4 + 2L * (at & (size - 1)), head);
    availableIndex(at + 1);
  }

  /** Notifies the device, asked or not. */
  public void kick() {
    driver.write(MmioRegisters.QUEUE_NOTIFY, index);
  }

  /**
   * Whether the device wants to hear of the entries made available since {@code oldIndex}.
   *
   * @param oldIndex available index before they were added
   */
  public boolean wantsKick(int oldIndex) {
    VarHandle.fullFence();
    if (driver.agreed(Virtio.F_EVENT_IDX)) {
      return Virtio.eventPassed(availEvent(), oldIndex, availableIndex());
    }
    return (usedFlags() & Virtio.USED_NO_NOTIFY) == 0;
  }

  /** Adds, notifies. */
  public int send(Part... parts) {
    int head = add(parts);
    kick();
    return head;
  }

  /** The next used entry, or null. */
  public @Nullable Used poll() {
    if (usedIndex() == usedSeen) {
      return null;
    }
    long entry = used + 4 + 8L * (usedSeen & (size - 1));
    usedSeen = (usedSeen + 1) & 0xffff;
    return new Used(memory.load32(entry), Integer.toUnsignedLong(memory.load32(entry + 4)));
  }

  /** Asks for an interrupt when the entry at this used index is written (EVENT_IDX). */
  public void usedEvent(int value) {
    memory.storeRelease16(available + 4 + 2L * size, value);
  }

  // ---- raw ----

  /** Writes a descriptor; WRITE follows the part, {@code flags} are added. */
  public void descriptor(int at, Part part, int flags, int next) {
    descriptorAt(descriptors + (long) Virtio.DESC_SIZE * at, part, flags, next);
  }

  /** Writes a descriptor anywhere, for indirect tables. */
  public void descriptorAt(long address, Part part, int flags, int next) {
    memory.store64(address, part.address());
    memory.store32(address + 8, (int) part.length());
    memory.store16(address + 12, flags | (part.writable() ? Virtio.DESC_WRITE : 0));
    memory.store16(address + 14, next);
  }

  public int availableIndex() {
    return memory.load16(available + 2);
  }

  public void availableIndex(int value) {
    memory.storeRelease16(available + 2, value);
  }

  public void availableEntry(int slot, int head) {
    memory.store16(available + 4 + 2L * slot, head);
  }

  public void availableFlags(int flags) {
    memory.storeRelease16(available, flags);
  }

  public int usedIndex() {
    return memory.loadAcquire16(used + 2);
  }

  public int usedFlags() {
    return memory.loadAcquire16(used);
  }

  public int availEvent() {
    return memory.loadAcquire16(used + 4 + 8L * size);
  }
}
