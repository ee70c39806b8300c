package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.QUEUE_DESC;
import static aerostat.mmio.virtio.TransportState.QUEUE_IN_FLIGHT;
import static aerostat.mmio.virtio.TransportState.QUEUE_LAST_AVAIL;
import static aerostat.mmio.virtio.TransportState.QUEUE_QUIET;
import static aerostat.mmio.virtio.TransportState.QUEUE_READY;
import static aerostat.mmio.virtio.TransportState.QUEUE_SIZE;
import static aerostat.mmio.virtio.TransportState.QUEUE_USED;
import static aerostat.mmio.virtio.TransportState.U32;
import static aerostat.mmio.virtio.TransportState.U64;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.LateMark;
import aerostat.mmio.state.StateRefusedException;
import aerostat.mmio.trace.TraceLine;
import java.lang.foreign.MemorySegment;

/**
 * What both ring formats share on the device's side. Nothing that the driver wrote is trusted: each
 * descriptor is fetched once, checked, and only the checked copy is used (DEV-32). Positions live
 * in the flat state, so an instance has none of its own.
 */
abstract class DeviceQueue implements Virtqueue {
  final VirtioPort port;
  final GuestMemory memory;
  final MemorySegment state;
  final int base;
  final int index;
  final DescriptorChain chain = new DescriptorChain();

  /** Of what {@link #push} writes. */
  final LateMark marks;

  private final boolean writableAreRanges;

  // Nothing is filled and not flushed when a device's work ends, so this is no state of its own.
  private int filled;
  private int lastHead;
  private long lastWritten;

  /**
   * @param state the transport's slice
   * @param writableAreRanges leave the addresses of writable descriptors to the device
   */
  DeviceQueue(VirtioPort port, MemorySegment state, int index, boolean writableAreRanges) {
    this.port = port;
    this.memory = port.memory();
    this.marks = memory.dirtyLog().lateMark();
    this.state = state;
    this.base = TransportState.queue(index);
    this.index = index;
    this.writableAreRanges = writableAreRanges;
  }

  @Override
  public final int size() {
    return state.get(U32, base + QUEUE_SIZE);
  }

  @Override
  public final int inFlight() {
    return state.get(U32, base + QUEUE_IN_FLIGHT);
  }

  final boolean ready() {
    return state.get(U32, base + QUEUE_READY) != 0;
  }

  final boolean quiet() {
    return state.get(U32, base + QUEUE_QUIET) != 0;
  }

  /** Checks the set-up and starts the ring at its beginning. */
  final void enable(int sizeMax) {
    checkSetup(sizeMax);
    filled = 0; // of a device that failed
    state.set(U32, base + QUEUE_LAST_AVAIL, firstPosition());
    state.set(U32, base + QUEUE_USED, firstPosition());
    state.set(U32, base + QUEUE_QUIET, 0);
    state.set(U32, base + QUEUE_READY, 1);
  }

  /** The driver stops the queue; it can be enabled again. */
  final void disable() {
    state.set(U32, base + QUEUE_READY, 0);
    state.set(U32, base + QUEUE_IN_FLIGHT, 0);
  }

  /** Everything of the queue is as after a device reset (BASE-DEV-16). */
  final void reset() {
    state.asSlice(base, TransportState.QUEUE_BYTES).fill((byte) 0);
  }

  /** Where a ring begins, as kept in the state. */
  abstract int firstPosition();

  /** Throws a violation if size and areas are none for this format. */
  abstract void checkSetup(int sizeMax);

  /** Throws a refusal if positions and count can be of no run; for a queue that is ready. */
  abstract void checkPositions(String name, int last, int used, int inFlight);

  /** Whether a pop would find something (or a violation). */
  abstract boolean hasAvailable();

  /** Asks the driver for no notifications while the device looks by itself. */
  abstract void suppressNotifications();

  /** Asks for notifications again; the caller must look once more afterwards. */
  abstract void allowNotifications();

  final void checkSize(int sizeMax, boolean good) {
    if (!good) {
      throw violation("size " + Integer.toUnsignedString(size()) + ", at most " + sizeMax);
    }
  }

  final void checkArea(String what, int field, int alignment, long bytes, boolean written) {
    long address = state.get(U64, base + field);
    if ((address & (alignment - 1)) != 0) {
      throw violation(what + " at 0x" + Long.toHexString(address) + " is not aligned");
    }
    if (written ? !memory.isWritable(address, bytes) : !memory.contains(address, bytes)) {
      throw violation(what + " at 0x" + Long.toHexString(address) + " is not in RAM");
    }
  }

  /** Throws what a set-up that a run left behind cannot be; the ring's contents need no check. */
  final void checkRestored(int sizeMax) {
    int ready = state.get(U32, base + QUEUE_READY);
    String name = port.name() + " queue " + index;
    TransportState.require(name, "QueueReady", ready == 0 || ready == 1, ready);
    int inFlight = inFlight();
    int last = state.get(U32, base + QUEUE_LAST_AVAIL);
    int used = state.get(U32, base + QUEUE_USED);
    int quiet = state.get(U32, base + QUEUE_QUIET);
    TransportState.require(name, "available index", (last & ~0xffff) == 0, last);
    TransportState.require(name, "used index", (used & ~0xffff) == 0, used);
    TransportState.require(name, "quiet", quiet == 0 || quiet == 1, quiet);
    if (ready == 0) {
      TransportState.require(name, "elements in flight", inFlight == 0, inFlight);
      return;
    }
    try {
      checkSetup(sizeMax);
    } catch (QueueViolation bad) {
      throw new StateRefusedException(port.name() + " " + bad.getMessage());
    }
    checkPositions(name, last, used, inFlight);
  }

  final long descriptors() {
    return state.get(U64, base + QUEUE_DESC);
  }

  /** Checks one part of a chain and adds it. */
  final void addPart(long address, long length, boolean writable) {
    if (chain.count() >= DescriptorChain.MAX_DESCRIPTORS) {
      throw violation("chain of more than " + DescriptorChain.MAX_DESCRIPTORS + " descriptors");
    }
    if (length == 0) {
      throw violation("descriptor of zero length");
    }
    if (!writable && chain.writables() > 0) {
      throw violation("readable descriptor after a writable one");
    }
    boolean good =
        writable
            ? writableAreRanges || memory.isWritable(address, length)
            : memory.contains(address, length);
    if (!good) {
      throw violation(
          (writable ? "writable" : "readable")
              + " buffer of "
              + length
              + " bytes at 0x"
              + Long.toHexString(address)
              + " is not in RAM");
    }
    chain.add(address, length, writable);
  }

  /** Throws unless an indirect table may be here and lies in RAM; a second in one chain may not. */
  final void checkTable(long address, long length, int flags, boolean allowed) {
    if (!allowed || (port.features() & Virtio.F_INDIRECT_DESC) == 0) {
      throw violation("indirect descriptor where none is allowed");
    }
    if ((flags & Virtio.DESC_NEXT) != 0) {
      throw violation("indirect descriptor with NEXT");
    }
    if (length == 0 || length % Virtio.DESC_SIZE != 0 || !memory.contains(address, length)) {
      throw violation("indirect table of " + length + " bytes at 0x" + Long.toHexString(address));
    }
  }

  final void tracePop() {
    if (port.trace().on()) {
      TraceLine.of(port.name(), "pop")
          .num("queue", index)
          .num("head", chain.head())
          .num("out", chain.readables())
          .num("outlen", chain.readableBytes())
          .num("in", chain.writables())
          .num("inlen", chain.writableBytes())
          .to(port.trace());
    }
  }

  @Override
  public final void push(int head, long written) {
    fill(head, written);
    flush();
  }

  /** Entries, or slots of a packed ring, filled and not flushed. */
  final int filled() {
    return filled;
  }

  /** Notes an element that was filled; the notification of a flush is traced with its last one. */
  final void filled(int head, long written, int entries) {
    if (filled != 0) {
      tracePush(false);
    }
    filled += entries;
    lastHead = head;
    lastWritten = written;
  }

  final int takeFilled() {
    int entries = filled;
    filled = 0;
    return entries;
  }

  final void pushed(boolean notify) {
    tracePush(notify);
    port.pushed(index, notify);
  }

  private void tracePush(boolean notify) {
    if (port.trace().on()) {
      TraceLine.of(port.name(), "push")
          .num("queue", index)
          .num("head", lastHead)
          .num("len", lastWritten)
          .num("notify", notify ? 1 : 0)
          .to(port.trace());
    }
  }

  final boolean eventIndex() {
    return (port.features() & Virtio.F_EVENT_IDX) != 0;
  }

  final QueueViolation violation(String what) {
    return new QueueViolation("queue " + index + ": " + what);
  }
}
