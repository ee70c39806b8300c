package aerostat.tools.fuzz.device;

import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import aerostat.tools.fuzz.FuzzLog;
import aerostat.tools.fuzz.InputBytes;
import aerostat.tools.fuzz.ring.Wire;
import aerostat.tools.fuzz.ring.WireEvents;

/**
 * A driver that initializes the device as it should, unless it has, and sends a chain as it should
 * be through a split ring: some readable parts, then some writable ones, in buffers; or all at one
 * address of some meaning; or in buffers, the first of which begins with the hint command that the
 * config space shows, or the command there and the writable parts at an address. Its {@link
 * ChainProperties} are checked.
 */
final class ChainEvent {
  /** Of the byte that says where: the host asks for hints before. */
  private static final int HINTS_BEGIN = 8;

  private static final int COMMAND_THEN_ADDRESS = 4;
  private static final int MOST_PAGES = 1 << 10;
  private static final int AFTER_RESET = 5;
  private static final int AT_ADDRESS = 6;
  private static final int WITH_COMMAND = 7;

  /** Features that bring a queue: all, so that every queue of the numbering is there. */
  private static final long QUEUES = 1 << 1 | 1 << 3 | 1 << 5;

  /** Those that an input may choose, and their bits in its byte. */
  private static final long CHOSEN = 1 << 0 | 1 << 2 | 1 << 4;

  private static final int POISON = 1 << 4;

  private final Wire wire;
  private final WireEvents events;
  private final ChainProperties properties;
  private final Runnable hints;

  /**
   * @param hints lets the host begin a round of hints
   */
  ChainEvent(Wire wire, WireEvents events, ChainProperties properties, Runnable hints) {
    this.hints = hints;
    this.wire = wire;
    this.events = events;
    this.properties = properties;
  }

  void next(InputBytes in, FuzzLog log) {
    int queue = in.below(Wire.QUEUES);
    int readable = in.below(4);
    long length = in.number() & 0xffff_ffffL;
    int writable = in.below(3);
    int how = in.u8();
    int where = how & 7;
    boolean addressed = where == AT_ADDRESS || where == COMMAND_THEN_ADDRESS;
    boolean commands = where == WITH_COMMAND || where == COMMAND_THEN_ADDRESS;
    long address = addressed ? events.address(in) : 0;
    if (where == COMMAND_THEN_ADDRESS) {
      length = (length & MOST_PAGES - 1) + 1 << 12; // less would be no hint and no report
    }
    int parts = readable + writable;
    if (!wire.orderly()) {
      initialize(in.u8(), in.u8(), log);
    }
    if (parts == 0) {
      return;
    }
    if (where == AFTER_RESET) {
      resetQueue(queue, log);
    }
    if ((how & HINTS_BEGIN) != 0) {
      if (log.on()) {
        log.say("the host asks for hints");
      }
      hints.run();
    }
    if (commands) {
      int command = wire.read(MmioRegisters.CONFIG + HostProperties.COMMAND);
      wire.memory().store32(wire.buffer(0), command);
    }
    if (log.on()) {
      String place = addressed ? " at 0x" + Long.toHexString(address) : "";
      log.say(
          "chain on queue %d: %d readable and %d writable parts of %d bytes%s%s"
              .formatted(
                  queue,
                  readable,
                  writable,
                  length,
                  place,
                  commands ? ", with the command that is shown" : ""));
    }
    for (int i = 0; i < parts; i++) {
      int flags = (i < parts - 1 ? Virtio.DESC_NEXT : 0) | (i < readable ? 0 : Virtio.DESC_WRITE);
      boolean there = where == AT_ADDRESS || (addressed && i >= readable);
      long here = there ? address : wire.buffer(i);
      wire.descriptor(wire.descriptors(queue), i, here, length, flags, i + 1);
    }
    wire.publish(queue, 0, 1);
    if (parts > wire.size(queue)) {
      wire.orderly(false);
      wire.write(MmioRegisters.QUEUE_NOTIFY, queue);
      return;
    }
    properties.before(queue);
    wire.write(MmioRegisters.QUEUE_NOTIFY, queue);
    properties.after(queue, readable, writable, length, !addressed, where != AT_ADDRESS);
    if (addressed) {
      properties.named(queue, address, length);
    }
  }

  private void initialize(int bits, int poison, FuzzLog log) {
    long features = Virtio.F_VERSION_1 | QUEUES | (bits & CHOSEN);
    features |= (bits & 0x40) != 0 ? Virtio.F_EVENT_IDX : 0;
    features |= (bits & 0x80) != 0 ? Virtio.F_RING_RESET : 0;
    if (log.on()) {
      log.say("a driver initializes with features 0x%x".formatted(features));
    }
    wire.negotiate(features);
    for (int queue = 0; queue < Wire.QUEUES; queue++) {
      setUp(queue);
    }
    if ((bits & POISON) != 0) {
      wire.write(MmioRegisters.CONFIG + ChainProperties.POISON, poison & 1);
    }
    wire.write(MmioRegisters.STATUS, wire.read(MmioRegisters.STATUS) | Virtio.STATUS_DRIVER_OK);
    wire.orderly(true);
  }

  private void setUp(int queue) {
    long rings = wire.descriptors(queue);
    wire.memory().fill(rings, wire.table(queue) - rings, (byte) 0);
    wire.write(MmioRegisters.QUEUE_SEL, queue);
    int size = Math.min(Wire.RING_MAX, wire.read(MmioRegisters.QUEUE_SIZE_MAX));
    if (size > 0) {
      wire.setUp(queue, size, rings, wire.driverArea(queue), wire.deviceArea(queue));
    }
  }

  /** A queue is reset and begins anew (2.6.1); without RING_RESET nothing happens. */
  private void resetQueue(int queue, FuzzLog log) {
    wire.write(MmioRegisters.QUEUE_SEL, queue);
    wire.write(MmioRegisters.QUEUE_RESET, 1);
    if (wire.read(MmioRegisters.QUEUE_READY) == 0) {
      if (log.on()) {
        log.say("queue " + queue + " is reset");
      }
      setUp(queue);
    }
  }
}
