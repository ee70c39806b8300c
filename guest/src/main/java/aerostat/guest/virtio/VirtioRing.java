package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load16;
import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.mb;
import static aerostat.guest.machine.Memory.rmb;
import static aerostat.guest.machine.Memory.store16;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;
import static aerostat.guest.machine.Memory.wmb;

import aerostat.guest.kernel.Bug;
import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Scatterlist;

/**
 * Operations on a split ring, the driver's side (drivers/virtio/virtio_ring.c). The caller
 * serialises the operations of one queue, as in Linux; only {@link #interrupt} may come in between.
 *
 * <p>The device is not trusted: a used id out of range, a used id that heads no chain in flight, or
 * a used index beyond what was made available marks the queue broken; it then refuses to work but
 * harms nobody.
 */
public final class VirtioRing {
  private VirtioRing() {}

  /**
   * Exposes one device-readable piece to the device (virtqueue_add_outbuf). Never allocates.
   *
   * @param data the driver's token for the buffer, not 0
   * @return 0, {@code -EIO} if the queue is broken, {@code -ENOSPC} if it is full
   */
  public static int addOutbuf(Virtqueue q, long start, int length, long data) {
    return addOne(q, start, length, 0, data);
  }

  /** Exposes one device-writable piece to the device (virtqueue_add_inbuf). As addOutbuf. */
  public static int addInbuf(Virtqueue q, long start, int length, long data) {
    return addOne(q, start, length, VringLayout.F_WRITE, data);
  }

  private static int addOne(Virtqueue q, long start, int length, int flags, long data) {
    Bug.on(data == 0, "virtqueue_add: no data");
    if (q.isBroken()) {
      return -Errno.EIO;
    }
    if (q.free() < 1) {
      return noSpace(q, flags == 0);
    }
    if (q.isPacked()) {
      VirtioRingPacked.addOne(q, start, length, flags, data, 0);
      return 0;
    }
    int head = q.freeHead();
    int next = writeDescriptor(q, head, start, length, flags);
    expose(q, head, 1, next, data, 0);
    return 0;
  }

  /**
   * Exposes {@code outs} device-readable and then {@code ins} device-writable pieces of {@code sg}
   * as one buffer (virtqueue_add_sgs). With VIRTIO_F_INDIRECT_DESC a list of two or more takes one
   * descriptor and a table of its own; without memory for the table it goes in directly (EDGE-42).
   *
   * @param data the driver's token for the buffer, not 0
   * @return 0, {@code -EIO} if the queue is broken, {@code -ENOSPC} if it does not fit; in the
   *     latter case the device is notified if there are readable parts (MMIO-13)
   */
  public static int addSgs(Virtqueue q, Scatterlist sg, int outs, int ins, long data) {
    int total = outs + ins;
    Bug.on(data == 0, "virtqueue_add: no data");
    Bug.on(outs < 0 || ins < 0 || total == 0, "virtqueue_add: no pieces");
    if (q.isBroken()) {
      return -Errno.EIO;
    }
    if (total > q.size()) {
      return -Errno.ENOSPC; // SPLIT-DRV-08
    }
    long table = 0;
    if (q.hasIndirect() && total > 1 && q.free() > 0) {
      table = VirtioMemory.allocIndirect(total);
    }
    if (q.free() < (table != 0 ? 1 : total)) {
      return noSpace(q, outs > 0);
    }
    if (q.isPacked()) {
      addPacked(q, sg, outs, total, data, table);
      return 0;
    }
    int head = q.freeHead();
    if (table != 0) {
      fillTable(table, sg, outs, total);
      int next =
          writeDescriptor(q, head, table, total * VringLayout.DESC_SIZE, VringLayout.F_INDIRECT);
      expose(q, head, 1, next, data, table);
    } else {
      int next = fillChain(q, head, sg, outs, total);
      expose(q, head, total, next, data, 0);
    }
    return 0;
  }

  private static void addPacked(
      Virtqueue q, Scatterlist sg, int outs, int total, long data, long table) {
    if (table == 0) {
      VirtioRingPacked.addChain(q, sg, outs, total, data);
      return;
    }
    VirtioRingPacked.fillTable(table, sg, outs, total);
    int bytes = total * VringLayout.DESC_SIZE;
    VirtioRingPacked.addOne(q, table, bytes, VringLayout.F_INDIRECT, data, table);
  }

  private static int noSpace(Virtqueue q, boolean readable) {
    // The device may only need to be told to go on.
    if (readable) {
      notify(q);
    }
    return -Errno.ENOSPC;
  }

  static int flagsOf(int i, int outs, int total) {
    return (i >= outs ? VringLayout.F_WRITE : 0) | (i < total - 1 ? VringLayout.F_NEXT : 0);
  }

  private static int fillChain(Virtqueue q, int head, Scatterlist sg, int outs, int total) {
    int at = head;
    for (int i = 0; i < total; i++) {
      Scatterlist piece = sg.at(i);
      at = writeDescriptor(q, at, piece.start(), piece.length(), flagsOf(i, outs, total));
    }
    return at;
  }

  private static void fillTable(long table, Scatterlist sg, int outs, int total) {
    for (int i = 0; i < total; i++) {
      Scatterlist piece = sg.at(i);
      int flags = flagsOf(i, outs, total);
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
      kick(q); // the 16-bit arithmetic of kickPrepare knows no more
    }
  }

  /** Tells the device of the buffers added, unless it asked not to be told (virtqueue_kick). */
  public static boolean kick(Virtqueue q) {
    if (kickPrepare(q)) {
      return notify(q);
    }
    return true;
  }

  /** Whether the device wants to be told of what was added since the last call. */
  public static boolean kickPrepare(Virtqueue q) {
    if (q.isPacked()) {
      return VirtioRingPacked.kickPrepare(q);
    }
    mb(); // SPLIT-DRV-30: the index before the device's suppression words
    int now = q.availIndex();
    int old = (now - q.added()) & 0xffff;
    q.setAdded(0);
    if (q.hasEventIndex()) {
      return VringLayout.needEvent(load16(VringLayout.availEvent(q)), now, old);
    }
    return (load16(q.used() + VringLayout.USED_FLAGS) & VringLayout.USED_F_NO_NOTIFY) == 0;
  }

  /** Tells the device (virtqueue_notify). False if the queue is broken. */
  public static boolean notify(Virtqueue q) {
    if (q.isBroken()) {
      return false;
    }
    q.device().config().notify(q);
    return true;
  }

  /** The position that a notification carries (BASE-TXT-11, BASE-TXT-12). */
  static int position(Virtqueue q) {
    return q.isPacked() ? VirtioRingPacked.position(q) : q.availIndex();
  }

  private static int usedIndex(Virtqueue q) {
    return load16(q.used() + VringLayout.USED_INDEX);
  }

  private static boolean moreUsed(Virtqueue q) {
    return q.isPacked() ? VirtioRingPacked.moreUsed(q) : q.lastUsed() != usedIndex(q);
  }

  /**
   * The token of the next used buffer, 0 for none (virtqueue_get_buf); its used length is {@link
   * Virtqueue#lastLength} then.
   */
  public static long getBuf(Virtqueue q) {
    if (q.isBroken() || !moreUsed(q)) {
      return 0;
    }
    if (q.isPacked()) {
      return VirtioRingPacked.getBuf(q);
    }
    int inFlight = (q.availIndex() - q.lastUsed()) & 0xffff;
    int used = usedIndex(q);
    if (((used - q.lastUsed()) & 0xffff) > inFlight) {
      return badRing(q, "%s virtio%d: %s:used index %u is beyond the available buffers\n", used);
    }
    rmb(); // the used entry only after the index that exposes it
    int at = q.lastUsed() & (q.size() - 1);
    long entry = q.used() + VringLayout.USED_RING + 8L * at;
    int id = load32(entry);
    int length = load32(entry + 4);
    if (Integer.compareUnsigned(id, q.size()) >= 0) {
      return badRing(q, "%s virtio%d: %s:id %u out of range\n", id);
    }
    long data = q.state(id).data();
    if (data == 0) {
      return badRing(q, "%s virtio%d: %s:id %u is not a head!\n", id);
    }
    detach(q, id);
    q.setLastUsed(q.lastUsed() + 1);
    q.setLastLength(length);
    if ((q.availFlags() & VringLayout.AVAIL_F_NO_INTERRUPT) == 0) {
      store16(VringLayout.usedEvent(q), q.lastUsed());
      mb();
    }
    return data;
  }

  /** The device broke a rule of the ring: the queue is not used any more. */
  static long badRing(Virtqueue q, String what, int value) {
    VirtioDevice device = q.device();
    Printk.pr(Printk.ERR, what, VirtioBus.driverName(device), device.index(), q.name(), value);
    q.setBroken(true);
    return 0;
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
    q.extra(last).setNext(q.freeHead());
    q.setFreeHead(head);
    q.setFree(q.free() + count);
    if (state.indirect() != 0) {
      VirtioMemory.freeIndirect(state.indirect());
      state.setIndirect(0);
    }
  }

  /**
   * The token of a buffer that the device never used, 0 when none is left
   * (virtqueue_detach_unused_buf). Only after a reset of the device (BASE-DRV-31).
   */
  public static long detachUnusedBuf(Virtqueue q) {
    for (int i = 0; i < q.size(); i++) {
      long data = q.state(i).data();
      if (data != 0 && q.isPacked()) {
        VirtioRingPacked.detach(q, i);
        return data;
      }
      if (data != 0) {
        detach(q, i);
        q.setAvailIndex(q.availIndex() - 1);
        store16(q.avail() + VringLayout.AVAIL_INDEX, q.availIndex());
        return data;
      }
    }
    return 0;
  }

  /** Asks for no callbacks: a hint, one may still come (virtqueue_disable_cb). */
  public static void disableCb(Virtqueue q) {
    if (q.isPacked()) {
      VirtioRingPacked.disableCb(q);
      return;
    }
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

  /** Asks for callbacks; the result goes to {@link #poll} (virtqueue_enable_cb_prepare). */
  public static int enableCbPrepare(Virtqueue q) {
    if (q.isPacked()) {
      return VirtioRingPacked.enableCbPrepare(q);
    }
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

  /** Whether the device has used buffers since {@link #enableCbPrepare} (virtqueue_poll). */
  public static boolean poll(Virtqueue q, int lastUsed) {
    if (q.isBroken()) {
      return false;
    }
    if (q.isPacked()) {
      return VirtioRingPacked.poll(q, lastUsed);
    }
    mb();
    return lastUsed != usedIndex(q);
  }

  /**
   * Asks for callbacks; false if buffers are used already, which will bring none
   * (virtqueue_enable_cb).
   */
  public static boolean enableCb(Virtqueue q) {
    return !poll(q, enableCbPrepare(q));
  }

  /**
   * The device's interrupt as to this queue (vring_interrupt). Callable with interrupts off.
   *
   * @return whether it was for this queue
   */
  public static boolean interrupt(Virtqueue q) {
    if (!moreUsed(q)) {
      return false; // SPLIT-DRV-16
    }
    if (q.isBroken()) {
      return true;
    }
    if (q.hasEventIndex()) {
      q.setEventTriggered(true);
    }
    VirtqueueCallback callback = q.callback();
    if (callback != null) {
      callback.done(q);
    }
    return true;
  }
}
