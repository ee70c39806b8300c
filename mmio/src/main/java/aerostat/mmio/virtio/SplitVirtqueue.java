package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.QUEUE_DESC;
import static aerostat.mmio.virtio.TransportState.QUEUE_DEVICE;
import static aerostat.mmio.virtio.TransportState.QUEUE_DRIVER;
import static aerostat.mmio.virtio.TransportState.QUEUE_IN_FLIGHT;
import static aerostat.mmio.virtio.TransportState.QUEUE_LAST_AVAIL;
import static aerostat.mmio.virtio.TransportState.QUEUE_QUIET;
import static aerostat.mmio.virtio.TransportState.QUEUE_READY;
import static aerostat.mmio.virtio.TransportState.QUEUE_SIZE;
import static aerostat.mmio.virtio.TransportState.QUEUE_USED;
import static aerostat.mmio.virtio.TransportState.U32;
import static aerostat.mmio.virtio.TransportState.U64;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.StateRefusedException;
import aerostat.mmio.trace.TraceLine;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A split virtqueue, device side. Nothing that the driver wrote is trusted: each descriptor is
 * fetched once, checked, and only the checked copy is used (DEV-32). Positions live in the flat
 * state.
 */
final class SplitVirtqueue implements Virtqueue {
  private static final int AVAIL_IDX = 2;
  private static final int AVAIL_RING = 4;
  private static final int USED_IDX = 2;
  private static final int USED_RING = 4;

  private final VirtioPort port;
  private final GuestMemory memory;
  private final MemorySegment state;
  private final int base;
  private final int index;
  private final boolean writableAreRanges;
  private final DescriptorChain chain = new DescriptorChain();

  /**
   * @param state the transport's slice
   * @param writableAreRanges leave the addresses of writable descriptors to the device
   */
  SplitVirtqueue(VirtioPort port, MemorySegment state, int index, boolean writableAreRanges) {
    this.port = port;
    this.memory = port.memory();
    this.state = state;
    this.base = TransportState.queue(index);
    this.index = index;
    this.writableAreRanges = writableAreRanges;
  }

  @Override
  public int size() {
    return state.get(U32, base + QUEUE_SIZE);
  }

  @Override
  public int inFlight() {
    return state.get(U32, base + QUEUE_IN_FLIGHT);
  }

  boolean ready() {
    return state.get(U32, base + QUEUE_READY) != 0;
  }

  /** Checks the set-up and starts the ring at its beginning. */
  void enable(int sizeMax) {
    checkSetup(sizeMax);
    state.set(U32, base + QUEUE_LAST_AVAIL, 0);
    state.set(U32, base + QUEUE_USED, 0);
    state.set(U32, base + QUEUE_IN_FLIGHT, 0);
    state.set(U32, base + QUEUE_QUIET, 0);
    state.set(U32, base + QUEUE_READY, 1);
  }

  private void checkSetup(int sizeMax) {
    int size = size();
    if (size < 1 || size > sizeMax || Integer.bitCount(size) != 1) {
      throw violation("size " + Integer.toUnsignedString(size) + ", at most " + sizeMax);
    }
    checkArea("descriptor area", QUEUE_DESC, 16, Virtio.descriptorAreaSize(size), false);
    checkArea("driver area", QUEUE_DRIVER, 2, Virtio.driverAreaSize(size), false);
    checkArea("device area", QUEUE_DEVICE, 4, Virtio.deviceAreaSize(size), true);
  }

  private void checkArea(String what, int field, int alignment, long bytes, boolean written) {
    long address = state.get(U64, base + field);
    if ((address & (alignment - 1)) != 0) {
      throw violation(what + " at 0x" + Long.toHexString(address) + " is not aligned");
    }
    if (written ? !memory.isWritable(address, bytes) : !memory.contains(address, bytes)) {
      throw violation(what + " at 0x" + Long.toHexString(address) + " is not in RAM");
    }
  }

  /** Throws what a set-up that a run left behind cannot be; the ring's contents need no check. */
  void checkRestored(int sizeMax) {
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
    TransportState.require(
        name,
        "elements in flight",
        inFlight >= 0 && inFlight <= size() && ((last - used) & 0xffff) == inFlight,
        inFlight);
  }

  @Override
  public @Nullable DescriptorChain pop() {
    int size = size();
    int last = state.get(U32, base + QUEUE_LAST_AVAIL);
    long driver = state.get(U64, base + QUEUE_DRIVER);
    int available = memory.loadAcquire16(driver + AVAIL_IDX);
    int pending = (available - last) & 0xffff;
    if (pending == 0) {
      return null;
    }
    if (pending > size) {
      throw violation("available index jumps from " + last + " to " + available);
    }
    int inFlight = inFlight();
    if (inFlight >= size) {
      throw violation("more than " + size + " elements in flight");
    }
    int head = memory.load16(driver + AVAIL_RING + 2L * (last & (size - 1)));
    if (head >= size) {
      throw violation("head " + head + " of " + size);
    }
    fetch(head, size);
    state.set(U32, base + QUEUE_LAST_AVAIL, (last + 1) & 0xffff);
    state.set(U32, base + QUEUE_IN_FLIGHT, inFlight + 1);
    if (!quiet() && eventIndex()) {
      askForNotification();
    }
    if (port.trace().on()) {
      TraceLine.of(port.name(), "pop")
          .num("queue", index)
          .num("head", head)
          .num("out", chain.readables())
          .num("outlen", chain.readableBytes())
          .num("in", chain.writables())
          .num("inlen", chain.writableBytes())
          .to(port.trace());
    }
    return chain;
  }

  /** Walks the chain; every descriptor is read exactly once. */
  private void fetch(int head, int size) {
    chain.begin(head);
    long table = state.get(U64, base + QUEUE_DESC);
    int entries = size;
    int at = head;
    boolean indirect = false;
    boolean writableSeen = false;
    int walked = 0; // in this table: more than it has entries is a loop
    while (true) {
      if (++walked > entries || chain.count() >= DescriptorChain.MAX_DESCRIPTORS) {
        throw violation("chain of head " + head + " loops or is too long");
      }
      long descriptor = table + (long) Virtio.DESC_SIZE * at;
      long address = memory.load64(descriptor);
      long rest = memory.load64(descriptor + 8);
      long length = rest & 0xffff_ffffL;
      int flags = (int) (rest >>> 32) & 0xffff;
      int next = (int) (rest >>> 48);
      if ((flags & Virtio.DESC_INDIRECT) != 0) {
        if (indirect || (port.features() & Virtio.F_INDIRECT_DESC) == 0) {
          throw violation("indirect descriptor where none is allowed");
        }
        if ((flags & Virtio.DESC_NEXT) != 0) {
          throw violation("indirect descriptor with NEXT");
        }
        if (length == 0 || length % Virtio.DESC_SIZE != 0 || !memory.contains(address, length)) {
          throw violation(
              "indirect table of " + length + " bytes at 0x" + Long.toHexString(address));
        }
        indirect = true;
        table = address;
        entries = (int) Math.min(length / Virtio.DESC_SIZE, 0x10000);
        at = 0;
        walked = 0;
        continue;
      }
      boolean writable = (flags & Virtio.DESC_WRITE) != 0;
      checkBuffer(address, length, writable, writableSeen);
      writableSeen |= writable;
      chain.add(address, length, writable);
      if ((flags & Virtio.DESC_NEXT) == 0) {
        return;
      }
      if (next >= entries) {
        throw violation("next descriptor " + next + " of " + entries);
      }
      at = next;
    }
  }

  private void checkBuffer(long address, long length, boolean writable, boolean writableSeen) {
    if (length == 0) {
      throw violation("descriptor of zero length");
    }
    if (!writable && writableSeen) {
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
  }

  @Override
  public void push(int head, long written) {
    int inFlight = inFlight();
    if (inFlight == 0) {
      throw new IllegalStateException("push without pop");
    }
    int size = size();
    int used = state.get(U32, base + QUEUE_USED);
    long device = state.get(U64, base + QUEUE_DEVICE);
    long entry = device + USED_RING + 8L * (used & (size - 1));
    memory.store32(entry, head);
    memory.store32(entry + 4, (int) Math.min(written, 0xffff_ffffL));
    int next = (used + 1) & 0xffff;
    memory.storeRelease16(device + USED_IDX, next);
    state.set(U32, base + QUEUE_USED, next);
    state.set(U32, base + QUEUE_IN_FLIGHT, inFlight - 1);
    // The driver must see the index before we look whether it sleeps.
    VarHandle.fullFence();
    boolean notify = wantsInterrupt(used, next);
    if (port.trace().on()) {
      TraceLine.of(port.name(), "push")
          .num("queue", index)
          .num("head", head)
          .num("len", written)
          .num("notify", notify ? 1 : 0)
          .to(port.trace());
    }
    port.pushed(index, notify);
  }

  private boolean wantsInterrupt(int oldUsed, int newUsed) {
    long driver = state.get(U64, base + QUEUE_DRIVER);
    if (eventIndex()) {
      int event = memory.loadAcquire16(driver + AVAIL_RING + 2L * size());
      return Virtio.eventPassed(event, oldUsed, newUsed);
    }
    return (memory.loadAcquire16(driver) & Virtio.AVAIL_NO_INTERRUPT) == 0;
  }

  @Override
  public void unpop() {
    int inFlight = inFlight();
    if (inFlight == 0) {
      throw new IllegalStateException("unpop without pop");
    }
    int last = state.get(U32, base + QUEUE_LAST_AVAIL);
    state.set(U32, base + QUEUE_LAST_AVAIL, (last - 1) & 0xffff);
    state.set(U32, base + QUEUE_IN_FLIGHT, inFlight - 1);
  }

  /** Whether a pop would find something (or a violation). */
  boolean hasAvailable() {
    long driver = state.get(U64, base + QUEUE_DRIVER);
    return memory.loadAcquire16(driver + AVAIL_IDX) != state.get(U32, base + QUEUE_LAST_AVAIL);
  }

  boolean quiet() {
    return state.get(U32, base + QUEUE_QUIET) != 0;
  }

  /** Asks the driver for no notifications while the device looks by itself. */
  void suppressNotifications() {
    state.set(U32, base + QUEUE_QUIET, 1);
    if (!eventIndex()) {
      memory.storeRelease16(state.get(U64, base + QUEUE_DEVICE), Virtio.USED_NO_NOTIFY);
    }
  }

  /** Asks for notifications again; the caller must look once more afterwards. */
  void allowNotifications() {
    state.set(U32, base + QUEUE_QUIET, 0);
    if (eventIndex()) {
      askForNotification();
    } else {
      memory.storeRelease16(state.get(U64, base + QUEUE_DEVICE), 0);
      VarHandle.fullFence();
    }
  }

  /** Writes avail_event: tell us when the entry after the last one seen is made available. */
  private void askForNotification() {
    long event = state.get(U64, base + QUEUE_DEVICE) + USED_RING + 8L * size();
    memory.storeRelease16(event, state.get(U32, base + QUEUE_LAST_AVAIL));
    VarHandle.fullFence();
  }

  private boolean eventIndex() {
    return (port.features() & Virtio.F_EVENT_IDX) != 0;
  }

  private QueueViolation violation(String what) {
    return new QueueViolation("queue " + index + ": " + what);
  }
}
