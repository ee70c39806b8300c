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

/** The split half of virtio_ring.c (virtio 2.7): what {@link VirtioRing} does with split rings. */
final class VirtioRingSplit {
  private VirtioRingSplit() {}

  /** One piece in one descriptor, or a table of pieces; there is room for it. */
  static void addOne(Virtqueue q, long start, int length, int flags, long data, long table) {
    int head = q.freeHead();
    int next = writeDescriptor(q, head, start, length, flags);
    expose(q, head, 1, next, data, table);
  }

  /** The pieces in descriptors of their own; there is room for them all. */
  static void addChain(Virtqueue q, Scatterlist sg, int outs, int total, long data) {
    int head = q.freeHead();
    int next = fill(q, head, sg, outs, total);
    expose(q, head, total, next, data, 0);
  }

  private static int fill(Virtqueue q, int head, Scatterlist sg, int outs, int total) {
    int at = head;
    for (int i = 0; i < total; i++) {
      Scatterlist piece = sg.at(i);
      at =
          writeDescriptor(q, at, piece.start(), piece.length(), VirtioRing.flagsOf(i, outs, total));
    }
    return at;
  }

  static void fillTable(long table, Scatterlist sg, int outs, int total) {
    for (int i = 0; i < total; i++) {
      Scatterlist piece = sg.at(i);
      int flags = VirtioRing.flagsOf(i, outs, total);
      long desc = table + (long) i * VringLayout.DESC_SIZE;
      store64(desc + VringLayout.DESC_ADDRESS, piece.start());
      store32(desc + VringLayout.DESC_LENGTH, piece.length());
      store16(desc + VringLayout.DESC_FLAGS, flags);
      store16(desc + VringLayout.DESC_NEXT, i < total - 1 ? i + 1 : 0);
    }
  }

  /** Fills a free descriptor of the ring and its shadow; returns the next free one. */
  private static int writeDescriptor(Virtqueue q, int i, long start, int length, int flags) {
    VringExtra extra = q.extra(i);
    int next = extra.next();
    long desc = q.descriptors() + (long) i * VringLayout.DESC_SIZE;
    store64(desc + VringLayout.DESC_ADDRESS, start);
    store32(desc + VringLayout.DESC_LENGTH, length);
    store16(desc + VringLayout.DESC_FLAGS, flags);
    store16(desc + VringLayout.DESC_NEXT, (flags & VringLayout.F_NEXT) != 0 ? next : 0);
    extra.setFlags(flags);
    return next;
  }

  private static void expose(
      Virtqueue q, int head, int taken, int nextFree, long data, long table) {
    q.setFree(q.free() - taken);
    q.setFreeHead(nextFree);
    q.state(head).setData(data);
    q.state(head).setIndirect(table);
    int at = q.availIndex() & (q.size() - 1);
    store16(q.avail() + VringLayout.AVAIL_RING + 2L * at, head);
    wmb(); // SPLIT-DRV-29: the chain before the index that exposes it
    q.setAvailIndex(q.availIndex() + 1);
    store16(q.avail() + VringLayout.AVAIL_INDEX, q.availIndex());
    q.setAdded(q.added() + 1);
    if (q.added() == 0xffff) {
      var unused = VirtioRing.kick(q); // the 16-bit arithmetic of kickPrepare knows no more
    }
  }

  /** As {@link VirtioRing#kickPrepare}. */
  static boolean kickPrepare(Virtqueue q) {
    mb(); // SPLIT-DRV-30: the index before the device's suppression words
    int now = q.availIndex();
    int old = (now - q.added()) & 0xffff;
    q.setAdded(0);
    if (q.hasEventIndex()) {
      return VringLayout.needEvent(load16(VringLayout.availEvent(q)), now, old);
    }
    return (load16(q.used() + VringLayout.USED_FLAGS) & VringLayout.USED_F_NO_NOTIFY) == 0;
  }

  private static int usedIndex(Virtqueue q) {
    return load16(q.used() + VringLayout.USED_INDEX);
  }

  static boolean moreUsed(Virtqueue q) {
    return q.lastUsed() != usedIndex(q);
  }

  static long usedEntry(Virtqueue q) {
    return q.used() + VringLayout.USED_RING + 8L * (q.lastUsed() & (q.size() - 1));
  }

  /** As {@link VirtioRing#getBuf}; there is a used entry, if the device keeps to its word. */
  static long getBuf(Virtqueue q) {
    int inFlight = (q.availIndex() - q.lastUsed()) & 0xffff;
    int used = usedIndex(q);
    if (((used - q.lastUsed()) & 0xffff) > inFlight) {
      return VirtioRing.badRing(
          q, "%s virtio%d: %s:used index %u is beyond the available buffers\n", used);
    }
    rmb(); // the used entry only after the index that exposes it
    int head = q.isInOrder() ? VirtioRingInOrder.nextSplit(q, used) : next(q);
    if (head < 0) {
      return 0;
    }
    long data = q.state(head).data();
    detach(q, head);
    q.setLastUsed(q.lastUsed() + 1);
    if ((q.availFlags() & VringLayout.AVAIL_F_NO_INTERRUPT) == 0) {
      store16(VringLayout.usedEvent(q), q.lastUsed());
      mb();
    }
    return data;
  }

  /** Head of the next used buffer, its used length set; -1 if the device broke a rule. */
  private static int next(Virtqueue q) {
    long entry = usedEntry(q);
    int id = load32(entry);
    q.setLastLength(load32(entry + 4));
    return VirtioRing.isHead(q, id) ? id : -1;
  }

  /** Puts the chain of {@code head} back on the free list. */
  private static void detach(Virtqueue q, int head) {
    VringState state = q.state(head);
    state.setData(0);
    int last = head;
    int count = 1;
    while ((q.extra(last).flags() & VringLayout.F_NEXT) != 0) {
      last = q.extra(last).next();
      count++;
    }
    if (q.isInOrder()) {
      q.setOldest(q.extra(last).next()); // slots are taken round the table (SPLIT-TXT-08)
    } else {
      q.extra(last).setNext(q.freeHead());
      q.setFreeHead(head);
    }
    q.setFree(q.free() + count);
    if (state.indirect() != 0) {
      VirtioMemory.freeIndirect(state.indirect());
      state.setIndirect(0);
    }
  }

  /** Takes a buffer back that the device never used. */
  static void detachUnused(Virtqueue q, int head) {
    detach(q, head);
    q.setAvailIndex(q.availIndex() - 1);
    store16(q.avail() + VringLayout.AVAIL_INDEX, q.availIndex());
  }

  /** As {@link VirtioRing#disableCb}. */
  static void disableCb(Virtqueue q) {
    if ((q.availFlags() & VringLayout.AVAIL_F_NO_INTERRUPT) != 0) {
      return;
    }
    q.setAvailFlags(q.availFlags() | VringLayout.AVAIL_F_NO_INTERRUPT);
    if (q.eventTriggered()) {
      return; // the event index has been passed, no interrupt comes before it is set again
    }
    if (q.hasEventIndex()) {
      store16(VringLayout.usedEvent(q), 0); // SPLIT-DRV-14: the flags stay 0
    } else {
      store16(q.avail() + VringLayout.AVAIL_FLAGS, q.availFlags());
    }
  }

  /** As {@link VirtioRing#enableCbPrepare}. */
  static int enableCbPrepare(Virtqueue q) {
    q.setEventTriggered(false);
    if ((q.availFlags() & VringLayout.AVAIL_F_NO_INTERRUPT) != 0) {
      q.setAvailFlags(q.availFlags() & ~VringLayout.AVAIL_F_NO_INTERRUPT);
      if (!q.hasEventIndex()) {
        store16(q.avail() + VringLayout.AVAIL_FLAGS, q.availFlags());
      }
    }
    store16(VringLayout.usedEvent(q), q.lastUsed());
    return q.lastUsed();
  }

  /** As {@link VirtioRing#poll}. */
  static boolean poll(Virtqueue q, int lastUsed) {
    mb();
    return lastUsed != usedIndex(q);
  }
}
