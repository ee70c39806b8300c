package aerostat.mmio.virtio;

import static aerostat.mmio.virtio.TransportState.QUEUE_DESC;
import static aerostat.mmio.virtio.TransportState.QUEUE_DEVICE;
import static aerostat.mmio.virtio.TransportState.QUEUE_DRIVER;
import static aerostat.mmio.virtio.TransportState.QUEUE_IN_FLIGHT;
import static aerostat.mmio.virtio.TransportState.QUEUE_LAST_AVAIL;
import static aerostat.mmio.virtio.TransportState.QUEUE_QUIET;
import static aerostat.mmio.virtio.TransportState.QUEUE_USED;
import static aerostat.mmio.virtio.TransportState.U32;
import static aerostat.mmio.virtio.TransportState.U64;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** A split virtqueue, device side. A position is a free-running 16-bit index. */
final class SplitVirtqueue extends DeviceQueue {
  private static final int AVAIL_IDX = 2;
  private static final int AVAIL_RING = 4;
  private static final int USED_IDX = 2;
  private static final int USED_RING = 4;

  SplitVirtqueue(VirtioPort port, MemorySegment state, int index, boolean writableAreRanges) {
    super(port, state, index, writableAreRanges);
  }

  @Override
  int firstPosition() {
    return 0;
  }

  @Override
  void checkSetup(int sizeMax) {
    int size = size();
    checkSize(sizeMax, size >= 1 && size <= sizeMax && Integer.bitCount(size) == 1);
    checkArea("descriptor area", QUEUE_DESC, 16, Virtio.descriptorAreaSize(size), false);
    checkArea("driver area", QUEUE_DRIVER, 2, Virtio.driverAreaSize(size), false);
    checkArea("device area", QUEUE_DEVICE, 4, Virtio.deviceAreaSize(size), true);
  }

  @Override
  void checkPositions(String name, int last, int used, int inFlight) {
    TransportState.require(
        name,
        "elements in flight",
        inFlight >= 0 && inFlight <= size() && ((last - used) & 0xffff) == inFlight,
        inFlight);
  }

  @Override
  public boolean mayHold(int head) {
    return head >= 0 && head < size() && inFlight() > 0;
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
    tracePop();
    return chain;
  }

  /** Walks the chain; every descriptor is read exactly once. */
  private void fetch(int head, int size) {
    chain.begin(head);
    long table = descriptors();
    int entries = size;
    int at = head;
    boolean indirect = false;
    int walked = 0; // in this table: more than it has entries is a loop
    while (true) {
      if (++walked > entries) {
        throw violation("chain of head " + head + " loops");
      }
      long descriptor = table + (long) Virtio.DESC_SIZE * at;
      long address = memory.load64(descriptor);
      long rest = memory.load64(descriptor + 8);
      long length = rest & 0xffff_ffffL;
      int flags = (int) (rest >>> 32) & 0xffff;
      int next = (int) (rest >>> 48);
      if ((flags & Virtio.DESC_INDIRECT) != 0) {
        checkTable(address, length, flags, !indirect);
        indirect = true;
        table = address;
        entries = (int) Math.min(length / Virtio.DESC_SIZE, 0x10000);
        at = 0;
        walked = 0;
        continue;
      }
      addPart(address, length, (flags & Virtio.DESC_WRITE) != 0);
      if ((flags & Virtio.DESC_NEXT) == 0) {
        return;
      }
      if (next >= entries) {
        throw violation("next descriptor " + next + " of " + entries);
      }
      at = next;
    }
  }

  @Override
  public void fill(int head, long written) {
    int inFlight = inFlight();
    if (inFlight == 0) {
      throw new IllegalStateException("push without pop");
    }
    int size = size();
    int used = state.get(U32, base + QUEUE_USED) + filled();
    long device = state.get(U64, base + QUEUE_DEVICE);
    long entry = device + USED_RING + 8L * (used & (size - 1));
    memory.storeUnmarked32(entry, head);
    memory.storeUnmarked32(entry + 4, (int) Math.min(written, 0xffff_ffffL));
    marks.written(device, Virtio.deviceAreaSize(size));
    state.set(U32, base + QUEUE_IN_FLIGHT, inFlight - 1);
    filled(head, written, 1);
  }

  @Override
  public void flush() {
    int count = takeFilled();
    if (count == 0) {
      return;
    }
    int used = state.get(U32, base + QUEUE_USED);
    long device = state.get(U64, base + QUEUE_DEVICE);
    int next = (used + count) & 0xffff;
    memory.storeUnmarkedRelease16(device + USED_IDX, next);
    state.set(U32, base + QUEUE_USED, next);
    marks.written(device, Virtio.deviceAreaSize(size()));
    // The driver must see the index before we look whether it sleeps.
    VarHandle.fullFence();
    pushed(wantsInterrupt(used, next));
  }

  private boolean wantsInterrupt(int oldUsed, int newUsed) {
    if ((port.features() & Virtio.F_NOTIFY_ON_EMPTY) != 0 && inFlight() == 0 && !hasAvailable()) {
      return true; // FEAT-LEG-02
    }
    long driver = state.get(U64, base + QUEUE_DRIVER);
    if (eventIndex()) {
      int event = memory.loadAcquire16(driver + AVAIL_RING + 2L * size());
      return Virtio.eventPassed(event, oldUsed, newUsed);
    }
    return (memory.loadAcquire16(driver) & Virtio.AVAIL_NO_INTERRUPT) == 0;
  }

  @Override
  public void unpop(int head) {
    int inFlight = inFlight();
    if (inFlight == 0) {
      throw new IllegalStateException("unpop without pop");
    }
    int last = state.get(U32, base + QUEUE_LAST_AVAIL);
    state.set(U32, base + QUEUE_LAST_AVAIL, (last - 1) & 0xffff);
    state.set(U32, base + QUEUE_IN_FLIGHT, inFlight - 1);
  }

  @Override
  boolean hasAvailable() {
    long driver = state.get(U64, base + QUEUE_DRIVER);
    return memory.loadAcquire16(driver + AVAIL_IDX) != state.get(U32, base + QUEUE_LAST_AVAIL);
  }

  @Override
  void suppressNotifications() {
    state.set(U32, base + QUEUE_QUIET, 1);
    if (!eventIndex()) {
      memory.storeRelease16(state.get(U64, base + QUEUE_DEVICE), Virtio.USED_NO_NOTIFY);
    }
  }

  @Override
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
}
