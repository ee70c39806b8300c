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

/**
 * A packed virtqueue, device side (2.8). A position is a slot with the wrap counter of its side in
 * bit 15, as in the event suppression structures; both counters start at 1 (PACKED-TXT-02).
 *
 * <p>A head is the buffer id, and above it the number of slots less one: whoever keeps it keeps
 * what the used position has to skip (PACKED-TXT-11), so the queue needs no table of its own.
 */
final class PackedVirtqueue extends DeviceQueue {
  private static final int WRAP = 1 << 15;
  private static final int ID_BITS = 16;
  private static final int LENGTH = 8;
  private static final int ID = 12;
  private static final int FLAGS = 14;
  private static final int EVENT_FLAGS = 2;

  PackedVirtqueue(VirtioPort port, MemorySegment state, int index, boolean writableAreRanges) {
    super(port, state, index, writableAreRanges);
  }

  @Override
  int firstPosition() {
    return WRAP;
  }

  @Override
  void checkSetup(int sizeMax) {
    int size = size();
    // Any size: positions wrap by comparison (PACKED-TXT-01).
    checkSize(sizeMax, size >= 1 && size <= Math.min(sizeMax, Virtio.MAX_QUEUE_SIZE));
    checkArea("descriptor area", QUEUE_DESC, 16, Virtio.descriptorAreaSize(size), true);
    checkArea("driver area", QUEUE_DRIVER, 4, Virtio.EVENT_SIZE, false);
    checkArea("device area", QUEUE_DEVICE, 4, Virtio.EVENT_SIZE, true);
  }

  @Override
  void checkPositions(String name, int last, int used, int inFlight) {
    int size = size();
    TransportState.require(name, "available position", slot(last) < size, last);
    TransportState.require(name, "used position", slot(used) < size, used);
    int distance = distance(used, last);
    TransportState.require(
        name,
        "elements in flight",
        distance >= 0 && distance <= size && inFlight >= 0 && inFlight <= distance,
        inFlight);
    TransportState.require(
        name, "elements in flight", (inFlight == 0) == (distance == 0), inFlight);
  }

  @Override
  public boolean mayHold(int head) {
    int others = inFlight() - 1;
    int distance =
        distance(state.get(U32, base + QUEUE_USED), state.get(U32, base + QUEUE_LAST_AVAIL));
    int theirs = distance - slots(head);
    // Others have a slot at least; without others no slot is left, or positions would disagree.
    return head >= 0 && (others == 0 ? theirs == 0 : others > 0 && theirs >= others);
  }

  @Override
  public @Nullable DescriptorChain pop() {
    int last = state.get(U32, base + QUEUE_LAST_AVAIL);
    int flags = flags(last);
    if (!isAvailable(flags, last)) {
      return null;
    }
    int used = state.get(U32, base + QUEUE_USED);
    int taken = fetch(last, flags, size() - distance(used, last));
    state.set(U32, base + QUEUE_LAST_AVAIL, advance(last, taken));
    state.set(U32, base + QUEUE_IN_FLIGHT, inFlight() + 1);
    if (!quiet() && eventIndex()) {
      askForNotification();
    }
    tracePop();
    return chain;
  }

  /** Acquire: the rest of the descriptor, and of its list, is read after its flags. */
  private int flags(int position) {
    return memory.loadAcquire16(descriptor(position) + FLAGS);
  }

  /** AVAIL as our wrap counter, USED not (PACKED-TXT-05, PACKED-TXT-08). */
  private static boolean isAvailable(int flags, int position) {
    boolean wrap = (position & WRAP) != 0;
    return (flags & Virtio.DESC_AVAIL) != 0 == wrap && (flags & Virtio.DESC_USED) != 0 != wrap;
  }

  /**
   * Walks the list; every descriptor is read exactly once.
   *
   * @param flags of the first, which are not read again
   * @param free slots that are not in flight
   * @return slots of the list
   */
  private int fetch(int first, int flags, int free) {
    chain.begin(0);
    int position = first;
    int now = flags;
    for (int taken = 1; ; taken++) {
      if (taken > free) {
        throw violation("list of more than " + free + " descriptors");
      }
      long descriptor = descriptor(position);
      long address = memory.load64(descriptor);
      long rest = memory.load64(descriptor + LENGTH);
      long length = rest & 0xffff_ffffL;
      if ((now & Virtio.DESC_INDIRECT) != 0) {
        checkTable(address, length, now, taken == 1);
        fetchTable(address, length / Virtio.DESC_SIZE);
      } else {
        addPart(address, length, (now & Virtio.DESC_WRITE) != 0);
      }
      if ((now & Virtio.DESC_NEXT) == 0) {
        // The id that counts is the last one's (PACKED-TXT-09).
        int id = (int) (rest >>> 32) & 0xffff;
        chain.head(id | (taken - 1) << ID_BITS);
        return taken;
      }
      position = advance(position, 1);
      now = flags(position);
    }
  }

  /** The whole table is the list; of its flags only WRITE means anything (PACKED-TXT-16). */
  private void fetchTable(long table, long entries) {
    for (long i = 0; i < entries; i++) {
      long descriptor = table + Virtio.DESC_SIZE * i;
      long address = memory.load64(descriptor);
      long rest = memory.load64(descriptor + LENGTH);
      addPart(address, rest & 0xffff_ffffL, (rest >>> 48 & Virtio.DESC_WRITE) != 0);
    }
  }

  @Override
  public void fill(int head, long written) {
    int inFlight = inFlight();
    int used = state.get(U32, base + QUEUE_USED);
    int slots = slots(head);
    if (inFlight == 0 || slots > distance(used, state.get(U32, base + QUEUE_LAST_AVAIL))) {
      throw new IllegalStateException("push without pop");
    }
    long descriptor = descriptor(used);
    memory.storeUnmarked32(descriptor + LENGTH, (int) Math.min(written, 0xffff_ffffL));
    memory.storeUnmarked16(descriptor + ID, head);
    int flags = (used & WRAP) != 0 ? Virtio.DESC_AVAIL | Virtio.DESC_USED : 0;
    // Flags last: from here on the descriptor is the driver's (PACKED-DEV-07).
    memory.storeUnmarkedRelease16(
        descriptor + FLAGS, flags | (written > 0 ? Virtio.DESC_WRITE : 0));
    marks.written(descriptors(), Virtio.descriptorAreaSize(size()));
    state.set(U32, base + QUEUE_USED, advance(used, slots));
    state.set(U32, base + QUEUE_IN_FLIGHT, inFlight - 1);
    filled(head, written, slots);
  }

  @Override
  public void flush() {
    int slots = takeFilled();
    if (slots == 0) {
      return;
    }
    VarHandle.fullFence();
    int used = state.get(U32, base + QUEUE_USED);
    pushed(wantsInterrupt(back(used, slots), slots));
  }

  private boolean wantsInterrupt(int old, int slots) {
    long driver = state.get(U64, base + QUEUE_DRIVER);
    int flags = memory.loadAcquire16(driver + EVENT_FLAGS) & 3;
    if (flags == Virtio.EVENT_DESC && eventIndex()) {
      return Virtio.packedEventPassed(memory.load16(driver), old, slots, size());
    }
    return flags != Virtio.EVENT_DISABLE;
  }

  @Override
  public void unpop(int head) {
    int inFlight = inFlight();
    if (inFlight == 0) {
      throw new IllegalStateException("unpop without pop");
    }
    int last = state.get(U32, base + QUEUE_LAST_AVAIL);
    state.set(U32, base + QUEUE_LAST_AVAIL, back(last, slots(head)));
    state.set(U32, base + QUEUE_IN_FLIGHT, inFlight - 1);
  }

  @Override
  boolean hasAvailable() {
    int last = state.get(U32, base + QUEUE_LAST_AVAIL);
    return isAvailable(flags(last), last);
  }

  @Override
  void suppressNotifications() {
    state.set(U32, base + QUEUE_QUIET, 1);
    memory.storeRelease16(state.get(U64, base + QUEUE_DEVICE) + EVENT_FLAGS, Virtio.EVENT_DISABLE);
  }

  @Override
  void allowNotifications() {
    state.set(U32, base + QUEUE_QUIET, 0);
    if (eventIndex()) {
      askForNotification();
    } else {
      memory.storeRelease16(state.get(U64, base + QUEUE_DEVICE) + EVENT_FLAGS, Virtio.EVENT_ENABLE);
      VarHandle.fullFence();
    }
  }

  /** Tell us when the slot at the available position is made available (PACKED-TXT-24). */
  private void askForNotification() {
    long event = state.get(U64, base + QUEUE_DEVICE);
    memory.store16(event, state.get(U32, base + QUEUE_LAST_AVAIL));
    memory.storeRelease16(event + EVENT_FLAGS, Virtio.EVENT_DESC);
    VarHandle.fullFence();
  }

  private long descriptor(int position) {
    return descriptors() + (long) Virtio.DESC_SIZE * slot(position);
  }

  private static int slot(int position) {
    return position & WRAP - 1;
  }

  private static int slots(int head) {
    return (head >>> ID_BITS) + 1;
  }

  /** So many slots on; at most one time round. */
  private int advance(int position, int slots) {
    int slot = slot(position) + slots;
    return slot < size() ? slot | (position & WRAP) : slot - size() | (~position & WRAP);
  }

  /** So many slots before; at most one time round. */
  private int back(int position, int slots) {
    int slot = slot(position) - slots;
    return slot < 0 ? slot + size() | (~position & WRAP) : slot | (position & WRAP);
  }

  /** Slots from one position to another that is at most one lap ahead; negative for others. */
  private int distance(int from, int to) {
    int slots = slot(to) - slot(from);
    return ((from ^ to) & WRAP) == 0 ? slots : slots + size();
  }
}
