package aerostat.tools.explore;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.trace.TraceEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToIntFunction;

/** The free page queue as it lies in guest memory: what the device has still to take. */
final class HintRing {
  /** Index of the queue by QEMU's numbering, with statistics offered (UAPI-05). */
  static final int QUEUE = 3;

  private static final int WRITABLE = 2;

  private final GuestMemory memory;
  private final LongToIntFunction block;
  private int selected;
  private int size;
  private long descriptors;
  private long available;
  private long used;

  /**
   * @param block the block at an address, -1 for other memory
   */
  HintRing(GuestMemory memory, LongToIntFunction block) {
    this.memory = memory;
    this.block = block;
  }

  /**
   * A buffer of the ring.
   *
   * @param block of a hint, or -1
   * @param id of a command buffer
   */
  record Element(int block, int id, long address, long bytes) {
    boolean command() {
      return bytes == 4 && block < 0;
    }
  }

  /** Learns where the ring is from what the driver writes. */
  void learn(TraceEvent event) {
    if (!event.event().equals("write")) {
      return;
    }
    String register = event.values().getOrDefault("reg", "");
    if (register.equals("QueueSel")) {
      selected = (int) event.number("value");
    } else if (selected == QUEUE) {
      long value = event.number("value");
      switch (register) {
        case "QueueSize" -> size = (int) value;
        case "QueueDescLow" -> descriptors = value;
        case "QueueDriverLow" -> available = value;
        case "QueueDeviceLow" -> used = value;
        default -> {}
      }
    }
  }

  boolean known() {
    return size > 0 && descriptors != 0 && available != 0 && used != 0;
  }

  /** Buffers that the driver ever added, modulo 2^16. */
  int added() {
    return memory.load16(available + 2);
  }

  /** Buffers that the device ever gave back, modulo 2^16. */
  int used() {
    return memory.load16(used + 2);
  }

  /** Buffers that the driver added and the device has not given back, oldest first. */
  List<Element> outstanding() {
    return since(used());
  }

  /** The buffers from this count of {@link #added} on. */
  List<Element> since(int from) {
    List<Element> elements = new ArrayList<>();
    int to = added();
    for (int at = from; at != to; at = at + 1 & 0xffff) {
      int head = memory.load16(available + 4 + 2L * (at % size));
      long descriptor = descriptors + 16L * head;
      long address = memory.load64(descriptor);
      long bytes = Integer.toUnsignedLong(memory.load32(descriptor + 8));
      boolean writable = (memory.load16(descriptor + 12) & WRITABLE) != 0;
      elements.add(
          writable
              ? new Element(block.applyAsInt(address), 0, address, bytes)
              : new Element(-1, memory.load32(address), address, bytes));
    }
    return elements;
  }
}
