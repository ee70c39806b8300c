package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.store16;

import aerostat.guest.kernel.Errno;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.Slab;

/** Making, restarting and freeing rings (vring_create_virtqueue, vring_del_virtqueue). */
final class VringSetup {
  private VringSetup() {}

  /**
   * A queue with a ring of {@code num} entries, or of fewer if memory is short, at the head of the
   * device's list of queues. Null without memory.
   *
   * @param num a power of two, 1 to {@link VringLayout#MAX_ENTRIES}
   */
  static Virtqueue create(VirtioDevice device, int index, int num, VirtqueueInfo info) {
    long memory = Slab.kzalloc(Virtqueue.SIZE, Gfp.GFP_KERNEL);
    if (memory == 0) {
      return null;
    }
    Virtqueue q = new Virtqueue(memory);
    boolean packed = device.hasFeature(VirtioIds.F_RING_PACKED);
    int size = allocate(q, num, packed);
    if (size == 0) {
      Slab.kfree(memory);
      return null;
    }
    q.setIndex(index);
    q.setSize(size);
    q.setMaxSize(num);
    q.setName(info.name());
    q.setCallback(info.callback());
    q.setDevice(device);
    q.setEventIndex(device.hasFeature(VirtioIds.F_EVENT_IDX));
    q.setInOrder(device.hasFeature(VirtioIds.F_IN_ORDER));
    q.setIndirect(device.hasFeature(VirtioIds.F_INDIRECT_DESC));
    q.setPacked(packed);
    start(q);
    Virtqueue first = device.firstQueue();
    q.setNext(first == null ? 0 : first.address());
    device.setFirstQueue(q.address());
    return q;
  }

  /** An empty queue over a zeroed ring, before the device has it. */
  private static void start(Virtqueue q) {
    linkFree(q);
    if (q.isPacked()) {
      startPacked(q);
    } else if (!q.hasCallback()) {
      // Nobody to call: tell the device not to bother.
      q.setAvailFlags(VringLayout.AVAIL_F_NO_INTERRUPT);
      if (!q.hasEventIndex()) {
        store16(q.avail() + VringLayout.AVAIL_FLAGS, q.availFlags());
      }
    }
  }

  /**
   * Empties a queue that the device has let go of, with {@code num} entries from here on; without
   * memory for them it keeps those that it had. 0, or -ENOMEM.
   */
  static int restart(Virtqueue q, int num) {
    long ring = q.descriptors();
    long state = q.stateTable();
    int ringOrder = q.ringOrder();
    int stateOrder = q.stateOrder();
    int error = 0;
    if (num != q.size()) {
      if (allocateExactly(q, num, q.isPacked())) {
        q.setSize(num);
        VirtioMemory.free(ring, ringOrder);
        VirtioMemory.free(state, stateOrder);
      } else {
        error = -Errno.ENOMEM;
      }
    }
    VirtioMemory.clear(q.descriptors(), q.ringOrder());
    q.setAvailIndex(0);
    q.setLastUsed(0);
    q.setAvailFlags(0);
    q.setAdded(0);
    q.setEventTriggered(false);
    q.setOldest(0);
    q.endBatch();
    start(q);
    return error;
  }

  /** Both wrap counters begin at 1 (PACKED-TXT-02). */
  private static void startPacked(Virtqueue q) {
    q.setAvailWrap(true);
    q.setLastUsed(VirtioRingPacked.WRAP);
    if (!q.hasCallback()) {
      q.setAvailFlags(VirtioRingPacked.EVENT_DISABLE);
      store16(q.avail() + VirtioRingPacked.EVENT_FLAGS, VirtioRingPacked.EVENT_DISABLE);
    }
  }

  /** Ring and private tables; the entries got, 0 without memory. */
  private static int allocate(Virtqueue q, int num, boolean packed) {
    for (int size = num; size > 0; size >>= 1) {
      if (allocateExactly(q, size, packed)) {
        return size;
      }
    }
    return 0;
  }

  private static boolean allocateExactly(Virtqueue q, int size, boolean packed) {
    long events = (long) size * VringLayout.DESC_SIZE; // of a packed ring, behind its slots
    long bytes =
        packed ? events + 2 * VirtioRingPacked.EVENT_SIZE : VringLayout.size(size, Page.PAGE_SIZE);
    int ringOrder = Slab.getOrder(bytes);
    long ring = VirtioMemory.allocZeroed(ringOrder);
    if (ring == 0) {
      return false;
    }
    long stateBytes = (long) size * VringState.SIZE;
    int stateOrder = Slab.getOrder(stateBytes + (long) size * VringExtra.SIZE);
    long state = VirtioMemory.allocZeroed(stateOrder);
    if (state == 0) {
      VirtioMemory.free(ring, ringOrder);
      return false;
    }
    if (packed) {
      long driver = ring + events;
      q.setRing(ring, driver, driver + VirtioRingPacked.EVENT_SIZE);
    } else {
      q.setRing(
          ring,
          ring + VringLayout.availOffset(size),
          ring + VringLayout.usedOffset(size, Page.PAGE_SIZE));
    }
    q.setTables(state, state + stateBytes);
    q.setOrders(ringOrder, stateOrder);
    return true;
  }

  private static void linkFree(Virtqueue q) {
    q.setFree(q.size());
    q.setFreeHead(0);
    for (int i = 0; i < q.size(); i++) {
      q.extra(i).setNext(i + 1 == q.size() ? 0 : i + 1);
    }
  }

  /** Frees a queue that the device no longer uses; the caller takes it off the list. */
  static void delete(Virtqueue q) {
    freeTables(q);
    VirtioMemory.free(q.descriptors(), q.ringOrder());
    VirtioMemory.free(q.stateTable(), q.stateOrder());
    Slab.kfree(q.address());
  }

  private static void freeTables(Virtqueue q) {
    for (int i = 0; i < q.size(); i++) {
      long table = q.state(i).indirect();
      if (table != 0) {
        VirtioMemory.freeIndirect(table);
      }
    }
  }
}
