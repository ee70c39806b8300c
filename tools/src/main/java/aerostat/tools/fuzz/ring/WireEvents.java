package aerostat.tools.fuzz.ring;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.InputBytes;

/** Events of a hostile driver at its {@link Wire}; targets add their own in the gaps. */
public final class WireEvents {
  // First bytes of events, modulo the target's number of them.
  public static final int WRITE = 0;
  public static final int READ = 1;
  public static final int RAW = 2;
  public static final int SET_UP = 3;
  public static final int DESCRIPTOR = 4;
  public static final int PUBLISH = 5;
  public static final int NOTIFY = 6;
  public static final int INIT = 8;
  public static final int FILL = 9;
  public static final int SEND = 11;
  public static final int SEND_TABLE = 14;

  private static final int[] REGISTERS = {
    MmioRegisters.STATUS,
    MmioRegisters.QUEUE_SEL,
    MmioRegisters.QUEUE_SIZE,
    MmioRegisters.QUEUE_READY,
    MmioRegisters.QUEUE_NOTIFY,
    MmioRegisters.INTERRUPT_ACK,
    MmioRegisters.DEVICE_FEATURES_SEL,
    MmioRegisters.DRIVER_FEATURES_SEL,
    MmioRegisters.DRIVER_FEATURES,
    MmioRegisters.QUEUE_DESC_LOW,
    MmioRegisters.QUEUE_DESC_HIGH,
    MmioRegisters.QUEUE_DRIVER_LOW,
    MmioRegisters.QUEUE_DRIVER_HIGH,
    MmioRegisters.QUEUE_DEVICE_LOW,
    MmioRegisters.QUEUE_DEVICE_HIGH,
    MmioRegisters.QUEUE_RESET,
    MmioRegisters.SHM_SEL,
    MmioRegisters.CONFIG_GENERATION,
    MmioRegisters.CONFIG,
    MmioRegisters.CONFIG + 4,
    MmioRegisters.CONFIG + 8,
    MmioRegisters.CONFIG + 12
  };

  private final Wire wire;

  /** Guest-physical address of some device, where no ring may be. */
  private final long window;

  /** Features that every initialization asks for. */
  private final long always;

  public WireEvents(Wire wire, long window, long always) {
    this.wire = wire;
    this.window = window;
    this.always = always;
  }

  /** Bytes of a seed. */
  public static byte[] seed(int... bytes) {
    byte[] seed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      seed[i] = (byte) bytes[i];
    }
    return seed;
  }

  /** Lets an event happen, whose first byte was taken off the input. */
  public void next(int event, InputBytes in, FuzzLog log) {
    switch (event) {
      case WRITE -> {
        int register = REGISTERS[in.below(REGISTERS.length)];
        long value = in.number();
        if (log.on()) {
          log.say("write %s 0x%x".formatted(MmioRegisters.name(register), value));
        }
        wire.write(register, (int) value);
      }
      case READ -> read(in, log);
      case RAW -> raw(in, log);
      case SET_UP -> setUp(in, log);
      case DESCRIPTOR -> descriptor(in, log);
      case PUBLISH -> {
        int queue = in.below(Wire.QUEUES);
        int head = (int) in.number();
        int step = in.below(8) < 6 ? 1 : (int) in.number();
        if (log.on()) {
          log.say("publish queue %d head %d, index + %d".formatted(queue, head, step));
        }
        wire.publish(queue, head, step);
      }
      case NOTIFY -> {
        int queue = in.below(Wire.QUEUES);
        if (log.on()) {
          log.say("notify queue " + queue);
        }
        wire.write(MmioRegisters.QUEUE_NOTIFY, queue);
      }
      case INIT -> init(in, log);
      case FILL -> fill(in, log);
      case SEND -> send(in, log);
      case SEND_TABLE -> sendTable(in, log);
      default -> throw new AssertionError(event);
    }
  }

  private void read(InputBytes in, FuzzLog log) {
    long offset = in.u16() & 0xfff;
    int width = 1 << in.below(4);
    if (offset + width > 4096) {
      return; // no device there: the guest's own fault
    }
    long value = wire.read(offset, width);
    if (log.on()) {
      log.say("read +0x%x width %d: 0x%x".formatted(offset, width, value));
    }
  }

  private void raw(InputBytes in, FuzzLog log) {
    long offset = in.u16() & 0xfff;
    int width = 1 << in.below(4);
    long value = in.number();
    if (offset + width > 4096) {
      return;
    }
    if (log.on()) {
      log.say("write +0x%x width %d: 0x%x".formatted(offset, width, value));
    }
    wire.write(offset, width, value);
  }

  private void setUp(InputBytes in, FuzzLog log) {
    int queue = in.below(Wire.QUEUES);
    int how = in.u8();
    int size = how < 0xc0 ? 1 << how % 8 : (int) in.number();
    long descriptors = (how & 0x10) == 0 ? wire.descriptors(queue) : address(in);
    long driver = (how & 0x20) == 0 ? wire.driverArea(queue) : address(in);
    long device = (how & 0x08) == 0 ? wire.deviceArea(queue) : address(in);
    if (log.on()) {
      log.say(
          "set up queue %d size %d at 0x%x 0x%x 0x%x"
              .formatted(queue, size, descriptors, driver, device));
    }
    wire.setUp(queue, size, descriptors, driver, device);
  }

  private void descriptor(InputBytes in, FuzzLog log) {
    int queue = in.below(Wire.QUEUES);
    int slot = in.u8();
    boolean indirect = (slot & 0x80) != 0;
    long table = indirect ? wire.table(queue) : wire.descriptors(queue);
    int at = (slot & 0x7f) % Wire.RING_MAX;
    long address = address(in);
    long length = in.number();
    int flags = in.below(16) < 14 ? in.below(8) : in.u16();
    int next = (int) in.number();
    if (wire.packed()) {
      int id = next;
      next = flags | ((in.u8() & 3) << 7 & 0x80) | (in.u8() & 1) << 15;
      flags = id;
    }
    if (log.on()) {
      log.say(
          "descriptor %d of queue %d%s: 0x%x + %d flags 0x%x next %d"
              .formatted(at, queue, indirect ? " (table)" : "", address, length, flags, next));
    }
    wire.descriptor(table, at, address, length, flags, next);
  }

  /** An address of some meaning. */
  public long address(InputBytes in) {
    int choice = in.u8();
    GuestMemory memory = wire.memory();
    return switch (choice & 15) {
      case 0, 1, 2, 3, 4 -> wire.buffer(choice >> 4 & 7);
      case 5 -> wire.table(choice >> 4 & 3);
      case 6 -> wire.descriptors(choice >> 4 & 3);
      case 7 -> wire.driverArea(choice >> 4 & 3);
      case 8 -> wire.deviceArea(choice >> 4 & 3);
      case 9 -> memory.end() - (choice >> 4);
      case 10 -> GuestMemory.RAM_BASE + (choice >> 4);
      case 11 -> GuestMemory.RAM_BASE + memory.romSize() - (choice >> 4);
      case 12 -> window;
      case 13 -> GuestMemory.RAM_BASE + in.number() * 4096;
      case 14 -> -1L - (choice >> 4);
      default -> in.u64();
    };
  }

  private void init(InputBytes in, FuzzLog log) {
    int bits = in.u8();
    int power = in.below(8);
    long features = Virtio.F_VERSION_1 | always | (bits & 0x3f);
    features |= (bits & 0x40) != 0 ? Virtio.F_EVENT_IDX : 0;
    features |= (bits & 0x80) != 0 ? Virtio.F_INDIRECT_DESC : 0;
    int more = in.u8();
    features |= (more & 1) != 0 ? Virtio.F_RING_PACKED : 0;
    features |= (more & 2) != 0 ? Virtio.F_IN_ORDER : 0;
    features |= (more & 4) != 0 ? Virtio.F_NOTIFICATION_DATA : 0;
    features |= (more & 8) != 0 ? Virtio.F_RING_RESET : 0;
    if (log.on()) {
      log.say("initialize with features 0x%x, queues of %d".formatted(features, 1 << power));
    }
    wire.negotiate(features);
    for (int queue = 0; queue < Wire.QUEUES; queue++) {
      long rings = wire.descriptors(queue);
      wire.memory().fill(rings, wire.table(queue) - rings, (byte) 0);
      wire.setUp(queue, 1 << power, rings, wire.driverArea(queue), wire.deviceArea(queue));
    }
    wire.write(MmioRegisters.STATUS, wire.read(MmioRegisters.STATUS) | Virtio.STATUS_DRIVER_OK);
  }

  /** Page numbers, as an inflate has them, or a command id. */
  private void fill(InputBytes in, FuzzLog log) {
    int buffer = in.below(Wire.BUFFERS);
    int count = 1 + in.u8();
    long first = in.number();
    long step = in.below(4);
    boolean pages = (in.u8() & 1) == 0;
    if (log.on()) {
      log.say(
          "fill buffer %d: %d numbers from %d, + %d%s"
              .formatted(buffer, count, first, step, pages ? ", as pages of RAM" : ""));
    }
    long base = pages ? GuestMemory.RAM_BASE / GuestMemory.PAGE_SIZE : 0;
    for (int i = 0; i < count; i++) {
      wire.memory().store32(wire.buffer(buffer) + 4L * i, (int) (base + first + step * i));
    }
  }

  /** A chain as it should be: some readable parts, then some writable ones; and a notification. */
  private void send(InputBytes in, FuzzLog log) {
    int queue = in.below(Wire.QUEUES);
    int readable = in.below(4);
    long length = in.number();
    int writable = in.below(3);
    int parts = readable + writable;
    if (parts == 0) {
      return;
    }
    if (log.on()) {
      log.say(
          "send on queue %d: %d readable and %d writable parts of %d bytes"
              .formatted(queue, readable, writable, length));
    }
    if (wire.packed()) {
      wire.packedList(queue, readable, writable, length);
      wire.write(MmioRegisters.QUEUE_NOTIFY, queue);
      return;
    }
    for (int i = 0; i < parts; i++) {
      int flags = (i < parts - 1 ? Virtio.DESC_NEXT : 0) | (i < readable ? 0 : Virtio.DESC_WRITE);
      wire.descriptor(wire.descriptors(queue), i, wire.buffer(i), length, flags, i + 1);
    }
    wire.publish(queue, 0, 1);
    wire.write(MmioRegisters.QUEUE_NOTIFY, queue);
  }

  /** As {@link #send}, in an indirect table; its last entry may lead to a table, even its own. */
  private void sendTable(InputBytes in, FuzzLog log) {
    int queue = in.below(Wire.QUEUES);
    int readable = in.below(4);
    long length = in.number();
    int writable = in.below(3);
    int further = in.below(4);
    int parts = readable + writable;
    int entries = parts + (further < 2 ? 1 : 0);
    if (entries == 0) {
      return;
    }
    if (log.on()) {
      log.say(
          "send on queue %d a table: %d readable and %d writable parts of %d bytes%s"
              .formatted(queue, readable, writable, length, further < 2 ? ", and a table" : ""));
    }
    long table = wire.table(queue);
    for (int i = 0; i < parts; i++) {
      int flags = i < readable ? 0 : Virtio.DESC_WRITE;
      int next = i < entries - 1 ? Virtio.DESC_NEXT : 0;
      inTable(table, i, wire.buffer(i), length, flags | (wire.packed() ? 0 : next));
    }
    if (further < 2) {
      long other = wire.table((queue + further) % Wire.QUEUES);
      inTable(table, parts, other, (long) Virtio.DESC_SIZE * entries, Virtio.DESC_INDIRECT);
    }
    wire.publishTable(queue, (long) Virtio.DESC_SIZE * entries);
    wire.write(MmioRegisters.QUEUE_NOTIFY, queue);
  }

  /** A packed table has the flags behind an identifier that means nothing (2.8.8). */
  private void inTable(long table, int at, long address, long length, int flags) {
    boolean packed = wire.packed();
    wire.descriptor(table, at, address, length, packed ? 0 : flags, packed ? flags : at + 1);
  }
}
