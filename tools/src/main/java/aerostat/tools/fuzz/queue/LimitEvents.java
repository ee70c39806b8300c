package aerostat.tools.fuzz.queue;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.InputBytes;
import aerostat.tools.fuzz.ring.Wire;

/**
 * What a driver should write, but for one field that lies at a limit: the last good value, the
 * first bad one, an end of its bits. A number of the input hardly ever meets a limit that is the
 * ring's size; and where it does, the bad value shows only if everything behind it is good: a head
 * behind the table is an empty descriptor, which is refused for its length.
 */
final class LimitEvents {
  /** Those of the device under test. */
  private static final int[] QUEUES = {0, 1, 3};

  /** Descriptors that the arena has room for, also behind a ring's table. */
  private static final int MOST = 256;

  private static final int LENGTH = 16;
  private static final int PAGE = GuestMemory.PAGE_SIZE;

  private final Wire wire;
  private final GuestMemory memory;

  LimitEvents(Wire wire) {
    this.wire = wire;
    memory = wire.memory();
  }

  /** Lets one happen, whose first byte was taken off the input. */
  void next(InputBytes in, FuzzLog log) {
    int field = in.below(6);
    int queue = QUEUES[in.below(QUEUES.length)];
    String what =
        switch (field) {
          case 0 -> wire.packed() ? slot(queue, in) : head(queue, in);
          case 1 -> wire.packed() ? list(queue, in) : next(queue, in);
          case 2 -> length(queue, in);
          case 3 -> wire.packed() ? list(queue, in) : index(queue, in);
          case 4 -> event(queue, in);
          default -> table(queue, in);
        };
    if (log.on()) {
      log.say("at a limit: queue %d of %d %s".formatted(queue, wire.size(queue), what));
    }
    if (field != 4) {
      wire.write(MmioRegisters.QUEUE_NOTIFY, queue);
    }
  }

  /** As the driver set it, which may be any number. */
  private int size(int queue) {
    return Math.min(wire.size(queue), 0x8000);
  }

  /** A number at a limit of 16 bits, or about a bound: each as likely as any other. */
  private static int near(InputBytes in, int bound) {
    int choice = in.u8();
    return switch (choice & 7) {
      case 0 -> 0;
      case 1 -> bound - 1;
      case 2 -> bound;
      case 3 -> bound + 1;
      case 4 -> 0x7fff + (choice >> 3 & 1);
      case 5 -> 0xffff;
      case 6 -> 2 * bound - (choice >> 3 & 1);
      default -> choice >> 3;
    };
  }

  /** A chain of one descriptor, wherever its head is. */
  private String head(int queue, InputBytes in) {
    int head = near(in, size(queue));
    descriptor(queue, head, direction(in), 0);
    wire.publish(queue, head, 1);
    return "head " + head;
  }

  /** A chain of two. */
  private String next(int queue, InputBytes in) {
    int next = near(in, size(queue));
    int direction = direction(in);
    descriptor(queue, next, direction, 0);
    descriptor(queue, 0, direction | Virtio.DESC_NEXT, next);
    wire.publish(queue, 0, 1);
    return "next " + next;
  }

  /** So many entries are made available at once, all of them one chain. */
  private String index(int queue, InputBytes in) {
    int step = near(in, size(queue));
    descriptor(queue, 0, direction(in), 0);
    for (int i = 0; i < Math.min(size(queue), MOST); i++) {
      memory.store16(wire.driverArea(queue) + 4 + 2L * i, 0);
    }
    wire.publish(queue, 0, step);
    return "index + " + step;
  }

  /** Packed: a descriptor at any slot, of any identifier, under either wrap counter. */
  private String slot(int queue, InputBytes in) {
    int slot = near(in, size(queue));
    int id = near(in, size(queue));
    int flags = direction(in) | (in.below(2) == 0 ? Virtio.DESC_AVAIL : Virtio.DESC_USED);
    if (slot < MOST) {
      wire.descriptor(wire.descriptors(queue), slot, wire.buffer(0), LENGTH, id, flags);
    }
    return "slot %d: id %d flags 0x%x".formatted(slot, id, flags);
  }

  /**
   * Packed: a list of so many descriptors, from the next slot on and round the ring; more than the
   * ring has would overwrite its own beginning. It is too long where chains are kept.
   */
  private String list(int queue, InputBytes in) {
    int parts = Math.clamp(near(in, size(queue)), 1, Math.min(size(queue), Wire.RING_MAX));
    int readable = in.below(2) == 0 ? parts : 0;
    wire.packedList(queue, readable, parts - readable, LENGTH);
    return "list of " + parts;
  }

  private String length(int queue, InputBytes in) {
    long room = memory.end() - wire.buffer(0);
    int choice = in.u8();
    long length =
        switch (choice & 7) {
          case 0 -> 0;
          case 1 -> 1;
          case 2 -> room;
          case 3 -> room + 1;
          case 4 -> 0x7fff_ffffL + (choice >> 3 & 1);
          case 5 -> 0xffff_ffffL;
          case 6 -> 0x1_0000_0000L - (wire.buffer(0) & 0xffff_ffffL) - (choice >> 3 & 1);
          default -> PAGE + 1 - (choice >> 3 & 1);
        };
    int direction = direction(in);
    if (wire.packed()) {
      wire.packedList(queue, direction == 0 ? 1 : 0, direction == 0 ? 0 : 1, length);
    } else {
      wire.descriptor(wire.descriptors(queue), 0, wire.buffer(0), length, direction, 0);
      wire.publish(queue, 0, 1);
    }
    return "length 0x" + Long.toHexString(length);
  }

  /** Where the driver says when it wants to be told. */
  private String event(int queue, InputBytes in) {
    int size = size(queue);
    int far = near(in, size);
    long driver = wire.driverArea(queue);
    if (wire.packed()) {
      int event = (far & 0x7fff) | in.below(2) << 15;
      int flags = in.below(4);
      memory.store16(driver, event);
      memory.store16(driver + 2, flags);
      return "event 0x%x flags %d".formatted(event, flags);
    }
    int event = memory.load16(wire.deviceArea(queue) + 2) + far - in.below(2) & 0xffff;
    memory.store16(driver + 4 + 2L * Math.min(size, MOST), event);
    return "used_event " + event;
  }

  /** An indirect table whose length, last link or depth lies at a limit. */
  private String table(int queue, InputBytes in) {
    int direction = direction(in);
    int how = in.below(8);
    if (how < 2) {
      entry(queue, 0, wire.table(queue), Virtio.DESC_INDIRECT, 0);
      wire.publishTable(queue, Virtio.DESC_SIZE);
      return "table that is its own entry";
    }
    int entries = 1 + in.below(4);
    int next = near(in, entries);
    for (int i = 0; i < entries; i++) {
      boolean last = i == entries - 1;
      boolean link = !last || how < 5;
      entry(
          queue,
          i,
          wire.buffer(i),
          direction | (link && !wire.packed() ? Virtio.DESC_NEXT : 0),
          last ? next : i + 1);
    }
    int around = in.below(6);
    long bytes = (long) Virtio.DESC_SIZE * entries;
    bytes = around == 5 ? 0 : bytes + new int[] {0, 0, -1, 1, Virtio.DESC_SIZE}[around];
    wire.publishTable(queue, bytes);
    return "table of %d bytes%s".formatted(bytes, how < 5 ? ", next " + next : "");
  }

  /** A packed table has the flags behind an identifier that means nothing (2.8.8). */
  private void entry(int queue, int at, long address, int flags, int next) {
    boolean packed = wire.packed();
    wire.descriptor(
        wire.table(queue), at, address, LENGTH, packed ? 0 : flags, packed ? flags : next);
  }

  private static int direction(InputBytes in) {
    return in.below(2) == 0 ? 0 : Virtio.DESC_WRITE;
  }

  private void descriptor(int queue, int at, int flags, int next) {
    if (at < MOST) {
      wire.descriptor(wire.descriptors(queue), at, wire.buffer(0), LENGTH, flags, next);
    }
  }
}
