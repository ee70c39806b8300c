package aerostat.guest.virtio;

import aerostat.guest.kernel.Errno;

/**
 * Resets one queue while the device and its other queues work on (VIRTIO_F_RING_RESET; the calls of
 * virtio_ring.c). For drivers and variants that must have buffers back which a device keeps, or
 * that want another number of entries. In process context; the caller serialises the operations of
 * the queue, as ever.
 */
public final class VirtqueueReset {
  private VirtqueueReset() {}

  /**
   * virtqueue_reset: each buffer that the device did not use goes to {@code recycle}, then the
   * queue is empty, and the device works on it again.
   *
   * @return 0; -ENOENT without the feature, -EIO for a broken queue: then nothing has happened;
   *     -EBUSY if the device does not let go of the queue or does not take it again, which is
   *     broken then
   */
  public static int reset(Virtqueue q, VirtqueueRecycle recycle) {
    int error = take(q, recycle);
    if (error != 0) {
      return error;
    }
    var unused = VringSetup.restart(q, q.size());
    return give(q);
  }

  /**
   * virtqueue_resize: as {@link #reset}, with {@code num} entries from here on.
   *
   * @return as {@link #reset}; -E2BIG for more than the device takes, -EINVAL for 0 and, in a split
   *     ring, for no power of two; -ENOMEM: the queue is empty and has as many entries as before
   */
  public static int resize(Virtqueue q, int num, VirtqueueRecycle recycle) {
    if (num > q.maxSize()) {
      return -Errno.E2BIG;
    }
    if (num <= 0 || (!q.isPacked() && Integer.bitCount(num) != 1)) {
      return -Errno.EINVAL;
    }
    if (num == q.size()) {
      return 0;
    }
    int error = take(q, recycle);
    if (error != 0) {
      return error;
    }
    int resized = VringSetup.restart(q, num);
    error = give(q);
    return error != 0 ? error : resized;
  }

  /** virtqueue_disable_and_recycle. Until {@link #give} the queue is broken: nothing goes in. */
  private static int take(Virtqueue q, VirtqueueRecycle recycle) {
    if (!q.device().hasFeature(VirtioIds.F_RING_RESET)) {
      return -Errno.ENOENT;
    }
    if (q.isBroken()) {
      return -Errno.EIO;
    }
    q.setBroken(true);
    int error = q.device().config().disableVqAndReset(q);
    if (error != 0) {
      return error;
    }
    long data = VirtioRing.detachUnusedBuf(q);
    while (data != 0) {
      recycle.recycle(q, data);
      data = VirtioRing.detachUnusedBuf(q);
    }
    return 0;
  }

  /** virtqueue_enable_after_reset. */
  private static int give(Virtqueue q) {
    int error = q.device().config().enableVqAfterReset(q);
    q.setBroken(error != 0);
    return error;
  }
}
