package aerostat.guest.virtio;

import aerostat.guest.kernel.Bug;
import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Scatterlist;

/**
 * Operations on a queue, the driver's side (drivers/virtio/virtio_ring.c): what the formats of
 * rings have in common. The caller serialises the operations of one queue, as in Linux; only {@link
 * #interrupt} may come in between.
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
    if (q.isInOrder()) {
      VirtioRingInOrder.remember(q, flags == 0 ? 0 : length);
    }
    if (q.isPacked()) {
      VirtioRingPacked.addOne(q, start, length, flags, data, 0);
      return 0;
    }
    VirtioRingSplit.addOne(q, start, length, flags, data, 0);
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
    if (q.isInOrder()) {
      VirtioRingInOrder.remember(q, VirtioRingInOrder.writable(sg, outs, total));
    }
    if (q.isPacked()) {
      addPacked(q, sg, outs, total, data, table);
      return 0;
    }
    addSplit(q, sg, outs, total, data, table);
    return 0;
  }

  private static void addSplit(
      Virtqueue q, Scatterlist sg, int outs, int total, long data, long table) {
    if (table == 0) {
      VirtioRingSplit.addChain(q, sg, outs, total, data);
      return;
    }
    VirtioRingSplit.fillTable(table, sg, outs, total);
    int bytes = total * VringLayout.DESC_SIZE;
    VirtioRingSplit.addOne(q, table, bytes, VringLayout.F_INDIRECT, data, table);
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

  /** Tells the device of the buffers added, unless it asked not to be told (virtqueue_kick). */
  public static boolean kick(Virtqueue q) {
    if (kickPrepare(q)) {
      return notify(q);
    }
    return true;
  }

  /** Whether the device wants to be told of what was added since the last call. */
  public static boolean kickPrepare(Virtqueue q) {
    return q.isPacked() ? VirtioRingPacked.kickPrepare(q) : VirtioRingSplit.kickPrepare(q);
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

  private static boolean moreUsed(Virtqueue q) {
    if (q.inBatch()) {
      return true;
    }
    return q.isPacked() ? VirtioRingPacked.moreUsed(q) : VirtioRingSplit.moreUsed(q);
  }

  /**
   * The token of the next used buffer, 0 for none (virtqueue_get_buf); its used length is {@link
   * Virtqueue#lastLength} then.
   */
  public static long getBuf(Virtqueue q) {
    if (q.isBroken() || !moreUsed(q)) {
      return 0;
    }
    return q.isPacked() ? VirtioRingPacked.getBuf(q) : VirtioRingSplit.getBuf(q);
  }

  /** Whether a buffer in flight has this id; if none has, the queue is broken from here on. */
  static boolean isHead(Virtqueue q, int id) {
    if (Integer.compareUnsigned(id, q.size()) >= 0) {
      var unused = badRing(q, "%s virtio%d: %s:id %u out of range\n", id);
      return false;
    }
    if (q.state(id).data() == 0) {
      var unused = badRing(q, "%s virtio%d: %s:id %u is not a head!\n", id);
      return false;
    }
    return true;
  }

  /** The device broke a rule of the ring: the queue is not used any more. */
  static long badRing(Virtqueue q, String what, int value) {
    VirtioDevice device = q.device();
    Printk.pr(Printk.ERR, what, VirtioBus.driverName(device), device.index(), q.name(), value);
    q.setBroken(true);
    return 0;
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
        VirtioRingSplit.detachUnused(q, i);
        return data;
      }
    }
    return 0;
  }

  /** Asks for no callbacks: a hint, one may still come (virtqueue_disable_cb). */
  public static void disableCb(Virtqueue q) {
    if (q.isPacked()) {
      VirtioRingPacked.disableCb(q);
    } else {
      VirtioRingSplit.disableCb(q);
    }
  }

  /** Asks for callbacks; the result goes to {@link #poll} (virtqueue_enable_cb_prepare). */
  public static int enableCbPrepare(Virtqueue q) {
    return q.isPacked() ? VirtioRingPacked.enableCbPrepare(q) : VirtioRingSplit.enableCbPrepare(q);
  }

  /** Whether the device has used buffers since {@link #enableCbPrepare} (virtqueue_poll). */
  public static boolean poll(Virtqueue q, int lastUsed) {
    if (q.isBroken()) {
      return false;
    }
    if (q.inBatch()) {
      return true;
    }
    return q.isPacked() ? VirtioRingPacked.poll(q, lastUsed) : VirtioRingSplit.poll(q, lastUsed);
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
