package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load32;

import aerostat.guest.kernel.Scatterlist;

/**
 * Taking buffers back where the device uses them in the order in which they were made available
 * (VIRTIO_F_IN_ORDER; virtqueue_get_buf_ctx_split_in_order, ..._packed_in_order). One used entry
 * may stand for a batch: it carries the id of the batch's last buffer (SPLIT-TXT-09,
 * PACKED-TXT-20). Those before it count as used completely.
 */
final class VirtioRingInOrder {
  private VirtioRingInOrder() {}

  /**
   * Head of the next used buffer of a split ring, {@link Virtqueue#lastLength} set; -1 if the
   * device broke a rule.
   *
   * @param used the device's used index
   */
  static int nextSplit(Virtqueue q, int used) {
    if (!q.inBatch()) {
      long entry = VirtioRingSplit.usedEntry(q);
      if (!begin(q, load32(entry), load32(entry + 4), used)) {
        return -1;
      }
    }
    if (q.lastUsed() == q.batchEnd()) {
      // The id is one of a buffer that the used index does not cover.
      var unused =
          VirtioRing.badRing(q, "%s virtio%d: %s:id %u is beyond the used buffers\n", q.batchId());
      return -1;
    }
    int head = q.oldest();
    take(q, head);
    return head;
  }

  /**
   * The same for a packed ring, where a buffer's id is the slot of its first descriptor; false if
   * the device broke a rule.
   */
  static boolean nextPacked(Virtqueue q, int slot, int id, int length) {
    if (!q.inBatch() && !begin(q, id, length, 0)) {
      return false;
    }
    take(q, slot);
    return true;
  }

  /** Before a buffer is added: the bytes of its device-writable pieces. */
  static void remember(Virtqueue q, int writable) {
    q.state(q.isPacked() ? q.availIndex() : q.freeHead()).setWritable(writable);
  }

  static int writable(Scatterlist sg, int outs, int total) {
    int bytes = 0;
    for (int i = outs; i < total; i++) {
      bytes += sg.at(i).length();
    }
    return bytes;
  }

  private static boolean begin(Virtqueue q, int id, int length, int used) {
    if (!VirtioRing.isHead(q, id)) {
      return false;
    }
    q.beginBatch(id, length, used);
    return true;
  }

  private static void take(Virtqueue q, int head) {
    if (head == q.batchId()) {
      q.setLastLength(q.batchLength());
      q.endBatch();
    } else {
      q.setLastLength(q.state(head).writable()); // SPLIT-TXT-10, PACKED-TXT-21
    }
  }
}
