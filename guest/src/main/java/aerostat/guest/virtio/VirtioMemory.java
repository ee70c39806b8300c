package aerostat.guest.virtio;

import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.Slab;

/** Memory for rings and their tables. */
final class VirtioMemory {
  private VirtioMemory() {}

  /** A zeroed block, page aligned, or 0. */
  static long allocZeroed(int order) {
    return PageAlloc.getFreePages(Gfp.GFP_KERNEL | Gfp.__GFP_ZERO | Gfp.__GFP_NOWARN, order);
  }

  static void clear(long start, int order) {
    Memory.fill(start, (long) Page.PAGE_SIZE << order, 0);
  }

  static void free(long start, int order) {
    PageAlloc.freePagesAt(start, order);
  }

  /** A table of descriptors, or 0. Does not wait: rings are filled under locks. */
  static long allocIndirect(int entries) {
    return Slab.kmalloc(entries * VringLayout.DESC_SIZE, Gfp.GFP_NOWAIT);
  }

  static void freeIndirect(long table) {
    Slab.kfree(table);
  }
}
