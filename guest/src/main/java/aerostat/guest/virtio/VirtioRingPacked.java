package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load16;
import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.mb;
import static aerostat.guest.machine.Memory.rmb;
import static aerostat.guest.machine.Memory.store16;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;
import static aerostat.guest.machine.Memory.wmb;

import aerostat.guest.kernel.Scatterlist;

/**
 * The packed half of virtio_ring.c (virtio 2.8): what {@link VirtioRing} does where the device has
 * VIRTIO_F_RING_PACKED. The available index is a slot, its wrap counter beside it; the last used
 * index is a slot with the wrap counter in bit 15. The extra table holds, by buffer id, how many
 * slots the buffer took (in place of flags) and the next free id.
 */
final class VirtioRingPacked {
  private VirtioRingPacked() {}

  static final int F_AVAIL = 1 << 7;
  static final int F_USED = 1 << 15;
  static final int WRAP = 1 << 15;

  static final int EVENT_ENABLE = 0;
  static final int EVENT_DISABLE = 1;
  static final int EVENT_DESC = 2;

  /** Bytes of an event suppression structure: position, then flags. */
  static final int EVENT_SIZE = 4;

  static final int EVENT_FLAGS = 2;

  private static final int DESC_ID = 12;
  private static final int DESC_FLAGS = 14;

  private static long slot(Virtqueue q, int i) {
    return q.descriptors() + (long) i * VringLayout.DESC_SIZE;
  }

  /** Ids that go by the slot are what makes a batch countable (PACKED-TXT-21). */
  private static int nextId(Virtqueue q) {
    return q.isInOrder() ? q.availIndex() : q.freeHead();
  }

  /** One piece in one slot; there is room for it. */
  static void addOne(Virtqueue q, long start, int length, int flags, long data, long table) {
    int id = nextId(q);
    long desc = slot(q, q.availIndex());
    int first = flags | available(q);
    fill(desc, start, length, id);
    advance(q);
    expose(q, id, 1, data, table, desc, first);
  }

  /** The pieces in slots of their own; there is room for them all (PACKED-DRV-10). */
  static void addChain(Virtqueue q, Scatterlist sg, int outs, int total, long data) {
    int id = nextId(q);
    long head = slot(q, q.availIndex());
    int first = 0;
    for (int i = 0; i < total; i++) {
      Scatterlist piece = sg.at(i);
      long desc = slot(q, q.availIndex());
      int flags = VirtioRing.flagsOf(i, outs, total) | available(q);
      fill(desc, piece.start(), piece.length(), id);
      if (i == 0) {
        first = flags;
      } else {
        store16(desc + DESC_FLAGS, flags);
      }
      advance(q);
    }
    expose(q, id, total, data, 0, head, first);
  }

  /** In a table only WRITE is set (PACKED-DRV-13). */
  static void fillTable(long table, Scatterlist sg, int outs, int total) {
    for (int i = 0; i < total; i++) {
      Scatterlist piece = sg.at(i);
      long desc = table + (long) i * VringLayout.DESC_SIZE;
      fill(desc, piece.start(), piece.length(), 0);
      store16(desc + DESC_FLAGS, i >= outs ? VringLayout.F_WRITE : 0);
    }
  }

  private static void fill(long desc, long start, int length, int id) {
    store64(desc + VringLayout.DESC_ADDRESS, start);
    store32(desc + VringLayout.DESC_LENGTH, length);
    store16(desc + DESC_ID, id);
  }

  private static int available(Virtqueue q) {
    return q.availWrap() ? F_AVAIL : F_USED;
  }

  private static void advance(Virtqueue q) {
    int next = q.availIndex() + 1;
    if (next >= q.size()) {
      next = 0;
      q.setAvailWrap(!q.availWrap());
    }
    q.setAvailIndex(next);
  }

  private static void expose(
      Virtqueue q, int id, int taken, long data, long table, long head, int flags) {
    q.setFree(q.free() - taken);
    if (!q.isInOrder()) {
      q.setFreeHead(q.extra(id).next());
    }
    q.extra(id).setFlags(taken);
    q.state(id).setData(data);
    q.state(id).setIndirect(table);
    wmb(); // PACKED-DRV-11, PACKED-DRV-17: the first flags are written last
    store16(head + DESC_FLAGS, flags);
    q.setAdded(q.added() + taken);
  }

  /** As {@link VirtioRing#kickPrepare}. */
  static boolean kickPrepare(Virtqueue q) {
    mb(); // PACKED-DRV-18
    int now = q.availIndex();
    int old = now - q.added();
    q.setAdded(0);
    int flags = load16(q.used() + EVENT_FLAGS);
    if (flags != EVENT_DESC) {
      return flags != EVENT_DISABLE;
    }
    int position = load16(q.used());
    int event = position & WRAP - 1;
    if (q.availWrap() != ((position & WRAP) != 0)) {
      event -= q.size();
    }
    return VringLayout.needEvent(event, now, old);
  }

  /** What a notification carries with VIRTIO_F_NOTIFICATION_DATA (PACKED-DRV-04). */
  static int position(Virtqueue q) {
    return q.availIndex() | (q.availWrap() ? WRAP : 0);
  }

  static boolean moreUsed(Virtqueue q) {
    return isUsed(q, q.lastUsed());
  }

  /** AVAIL and USED both as the device's wrap counter (PACKED-TXT-06, PACKED-TXT-08). */
  private static boolean isUsed(Virtqueue q, int position) {
    int at = position & WRAP - 1;
    if (at >= q.size()) {
      return false;
    }
    int flags = load16(slot(q, at) + DESC_FLAGS);
    boolean used = (flags & F_USED) != 0;
    return (flags & F_AVAIL) != 0 == used && used == ((position & WRAP) != 0);
  }

  /** As {@link VirtioRing#getBuf}; there is a used descriptor. */
  static long getBuf(Virtqueue q) {
    rmb(); // the rest of the descriptor only after its flags
    int at = q.lastUsed() & WRAP - 1;
    long desc = slot(q, at);
    int id = load16(desc + DESC_ID);
    int length = load32(desc + VringLayout.DESC_LENGTH);
    boolean written = (load16(desc + DESC_FLAGS) & VringLayout.F_WRITE) != 0;
    if (q.isInOrder()) {
      if (!VirtioRingInOrder.nextPacked(q, at, id, written ? length : 0)) {
        return 0;
      }
      id = at;
    } else {
      if (!VirtioRing.isHead(q, id)) {
        return 0;
      }
      q.setLastLength(written ? length : 0); // PACKED-TXT-15
    }
    long data = q.state(id).data();
    int next = at + q.extra(id).flags();
    int wrap = q.lastUsed() & WRAP;
    if (next >= q.size()) {
      next -= q.size();
      wrap ^= WRAP;
    }
    detach(q, id);
    q.setLastUsed(next | wrap);
    if (q.availFlags() == EVENT_DESC) {
      store16(q.avail(), q.lastUsed());
      mb();
    }
    return data;
  }

  /** The id is free again, and so are its slots. */
  static void detach(Virtqueue q, int id) {
    VringState state = q.state(id);
    state.setData(0);
    q.setFree(q.free() + q.extra(id).flags());
    if (!q.isInOrder()) {
      q.extra(id).setNext(q.freeHead());
      q.setFreeHead(id);
    }
    if (state.indirect() != 0) {
      VirtioMemory.freeIndirect(state.indirect());
      state.setIndirect(0);
    }
  }

  /** As {@link VirtioRing#disableCb}. */
  static void disableCb(Virtqueue q) {
    if (q.availFlags() == EVENT_DISABLE) {
      return;
    }
    q.setAvailFlags(EVENT_DISABLE);
    if (!q.eventTriggered()) {
      store16(q.avail() + EVENT_FLAGS, EVENT_DISABLE);
    }
  }

  /** As {@link VirtioRing#enableCbPrepare}. */
  static int enableCbPrepare(Virtqueue q) {
    q.setEventTriggered(false);
    if (q.hasEventIndex()) {
      store16(q.avail(), q.lastUsed());
      wmb(); // the position before the flags that make it count
    }
    q.setAvailFlags(q.hasEventIndex() ? EVENT_DESC : EVENT_ENABLE);
    store16(q.avail() + EVENT_FLAGS, q.availFlags());
    return q.lastUsed();
  }

  /** As {@link VirtioRing#poll}. */
  static boolean poll(Virtqueue q, int lastUsed) {
    mb();
    return isUsed(q, lastUsed);
  }
}
