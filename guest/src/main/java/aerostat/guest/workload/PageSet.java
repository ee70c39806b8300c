package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.Slab;

/**
 * Many single pages under one index: a table of tables of page addresses, so that no large block is
 * needed. {@code address} is the upper table's. It lives as long as the guest.
 */
record PageSet(long address) {
  private static final int LEAF_SHIFT = 9;
  private static final int LEAF_ENTRIES = 1 << LEAF_SHIFT;

  /** A process's memory, that is; fails rather than calling for the OOM killer. */
  static final int GFP = Gfp.GFP_HIGHUSER_MOVABLE | Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN;

  /** Most pages: 1 TiB would need a table of 4 MiB. */
  private static final long MAX_PAGES = 1L << 28;

  /** A set of {@code pages} zeroed pages; null without memory, and then nothing is kept. */
  static PageSet create(long pages) {
    if (pages <= 0 || pages > MAX_PAGES) {
      return null;
    }
    int leaves = (int) ((pages + LEAF_ENTRIES - 1) >> LEAF_SHIFT);
    long top = Slab.kzalloc(leaves * 8, GFP);
    if (top == 0) {
      return null;
    }
    PageSet set = new PageSet(top);
    for (long i = 0; i < pages; i++) {
      if (!set.addPage(i)) {
        set.destroy(pages);
        return null;
      }
    }
    return set;
  }

  private boolean addPage(long i) {
    long slot = address + (i >> LEAF_SHIFT) * 8;
    if (load64(slot) == 0) {
      long leaf = PageAlloc.getFreePages(GFP | Gfp.__GFP_ZERO, 0);
      if (leaf == 0) {
        return false;
      }
      store64(slot, leaf);
    }
    long page = PageAlloc.getFreePages(GFP | Gfp.__GFP_ZERO, 0);
    store64(load64(slot) + (i & LEAF_ENTRIES - 1) * 8, page);
    return page != 0;
  }

  /** Frees the pages, those that there are, and the tables. */
  void destroy(long pages) {
    int leaves = (int) ((pages + LEAF_ENTRIES - 1) >> LEAF_SHIFT);
    for (int i = 0; i < leaves; i++) {
      long leaf = load64(address + 8L * i);
      if (leaf != 0) {
        freeLeaf(leaf);
      }
    }
    Slab.kfree(address);
  }

  private static void freeLeaf(long leaf) {
    for (int i = 0; i < LEAF_ENTRIES; i++) {
      PageAlloc.freePagesAt(load64(leaf + 8L * i), 0);
    }
    PageAlloc.freePagesAt(leaf, 0);
  }

  /** Address of page {@code i}. */
  long page(long i) {
    return load64(load64(address + (i >> LEAF_SHIFT) * 8) + (i & LEAF_ENTRIES - 1) * 8);
  }

  /** Pages that hold {@code bytes}. */
  static long pagesFor(long bytes) {
    return (bytes + Page.PAGE_SIZE - 1) >> Page.PAGE_SHIFT;
  }
}
