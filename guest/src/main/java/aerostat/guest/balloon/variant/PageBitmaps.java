package aerostat.guest.balloon.variant;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.load8;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;
import static aerostat.guest.machine.Memory.store8;

import aerostat.guest.balloon.Balloon;
import aerostat.guest.balloon.Inflate;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;
import aerostat.guest.virtio.Virtqueue;

/**
 * The bitmap format for inflate and deflate that Michael Tsirkin proposed, in the data of {@link
 * Bitmap2016}: +0 address of the message, which is a header of two numbers and a bitmap. Pages come
 * in no order, so a message covers a window of {@link #WINDOW} page frames, 16 MiB, and there are
 * as many as windows have pages.
 */
record PageBitmaps(long address) {
  /** Page frames of a message. */
  static final int WINDOW = 4096;

  private static final int HEADER_BYTES = 16;
  private static final int BITMAP_BYTES = WINDOW / 8;

  /** In the array of page numbers, of a page that has been told. */
  private static final int TOLD = -1;

  static final int SIZE = 8;

  static PageBitmaps of(Balloon vb) {
    return new PageBitmaps(vb.variantData() + FreePageRequest.SIZE);
  }

  private long message() {
    return load64(address);
  }

  /** False without memory. */
  boolean attach() {
    store64(address, Slab.kzalloc(HEADER_BYTES + BITMAP_BYTES, Gfp.GFP_KERNEL));
    return message() != 0;
  }

  void release() {
    Slab.kfree(message());
    store64(address, 0);
  }

  /** tell_host: the pages collected, window by window. False if one was not acknowledged. */
  boolean tellAll(Balloon vb, Virtqueue q) {
    boolean good = true;
    for (int i = 0; i < vb.numPfns() && good; i++) {
      int pfn = load32(vb.pfns() + 4L * i);
      if (pfn != TOLD) {
        good = tellWindow(vb, q, i, Integer.toUnsignedLong(pfn) & -WINDOW);
      }
    }
    return good;
  }

  /** All pages from the entry {@code from} on that lie in this window. */
  private boolean tellWindow(Balloon vb, Virtqueue q, int from, long first) {
    Memory.fill(message() + HEADER_BYTES, BITMAP_BYTES, 0);
    int n = vb.numPfns();
    for (int i = from; i < n; i++) {
      long entry = vb.pfns() + 4L * i;
      long bit = Integer.toUnsignedLong(load32(entry)) - first;
      if (bit >= 0 && bit < WINDOW && load32(entry) != TOLD) {
        long at = message() + HEADER_BYTES + (bit >> 3);
        store8(at, load8(at) | 1 << (int) (bit & 7));
        store32(entry, TOLD);
      }
    }
    return send(vb, q, first, BITMAP_BYTES);
  }

  /** Tells of every page of an aligned block of 64 pages or more, up to a window. */
  boolean tellBlock(Balloon vb, Virtqueue q, long first, int pages) {
    Memory.fill(message() + HEADER_BYTES, pages / 8, 0xff);
    return send(vb, q, first, pages / 8);
  }

  private boolean send(Balloon vb, Virtqueue q, long first, int bytes) {
    store64(message(), first);
    store64(message() + 8, bytes);
    return Inflate.tell(vb, q, message(), HEADER_BYTES + bytes);
  }
}
