package aerostat.guest.mm;

import aerostat.guest.kernel.Bug;
import aerostat.guest.kernel.ListHead;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Memory;

/**
 * kmalloc (mm/slub.c, simplified): size classes 16 to 2,048 bytes, a slab is one page; larger ones
 * come from the page allocator. A slab's free objects are chained through their first words.
 */
public final class Slab {
  private Slab() {}

  /** Largest size of a class, bytes. */
  public static final int KMALLOC_MAX_CACHE_SIZE = 2048;

  private static final int MIN_SHIFT = 4;
  private static final int CLASSES = 8;
  private static final int CACHE_SIZE = 32;
  private static final int FREE_OBJECTS = 16;

  static void init() {
    for (int i = 0; i < CLASSES; i++) {
      partial(i).init();
    }
  }

  private static long cache(int index) {
    return MmData.SLAB_CACHES + (long) index * CACHE_SIZE;
  }

  /** Slabs of the class that have free objects. */
  private static ListHead partial(int index) {
    return new ListHead(cache(index));
  }

  private static int index(int size) {
    return Math.max(32 - Integer.numberOfLeadingZeros(size - 1), MIN_SHIFT) - MIN_SHIFT;
  }

  /** get_order: of the smallest block that holds {@code size} bytes. */
  public static int getOrder(long size) {
    return Math.max(64 - Long.numberOfLeadingZeros(size - 1), Page.PAGE_SHIFT) - Page.PAGE_SHIFT;
  }

  /** kzalloc: zeroed. */
  public static long kzalloc(int size, int gfp) {
    return kmalloc(size, gfp | Gfp.__GFP_ZERO);
  }

  /**
   * kmalloc: address of {@code size} bytes, aligned to 16 (to the size, if that is a power of two);
   * 0 when there is no memory, or for a size below 1 or above 4 MiB.
   */
  public static long kmalloc(int size, int gfp) {
    if (size <= 0 || size > Page.PAGE_SIZE << Zone.MAX_PAGE_ORDER) {
      return 0;
    }
    if (size > KMALLOC_MAX_CACHE_SIZE) {
      return large(size, gfp);
    }
    int index = index(size);
    long object = take(index);
    if (object == 0) {
      Page page = PageAlloc.allocPages(gfp & ~Gfp.__GFP_ZERO, 0);
      if (page == null) {
        return 0;
      }
      newSlab(page, index);
      object = take(index);
    }
    if ((gfp & Gfp.__GFP_ZERO) != 0) {
      Memory.fillBlock(object, 1 << (index + MIN_SHIFT), 0);
    }
    return object;
  }

  private static long large(int size, int gfp) {
    int order = getOrder(size);
    Page page = PageAlloc.allocPages(gfp, order);
    if (page == null) {
      return 0;
    }
    page.setType(Page.TYPE_LARGE + order);
    return page.virtual();
  }

  /** An object of the class, or 0 when no slab has a free one. */
  @Bounded(1)
  private static long take(int index) {
    int flags = Cpu.irqSave();
    long object = 0;
    if (!partial(index).isEmpty()) {
      Page page = Page.ofLru(partial(index).next());
      object = page.privateData();
      long next = Memory.load64(object);
      page.setPrivateData(next);
      page.setInuse(page.inuse() + 1);
      if (next == 0) {
        page.lru().del();
      }
      count(index, -1);
    }
    Cpu.irqRestore(flags);
    return object;
  }

  private static void count(int index, int n) {
    long at = cache(index) + FREE_OBJECTS;
    Memory.store64(at, Memory.load64(at) + n);
  }

  /** NR_SLAB_UNRECLAIMABLE. */
  static long nrSlabPages() {
    return Memory.load64(MmData.NR_SLAB);
  }

  private static void addSlabPages(long n) {
    Memory.store64(MmData.NR_SLAB, nrSlabPages() + n);
  }

  /** Chains the page's objects and offers it to the class; atomic, as it has no safepoint. */
  @Bounded(Page.PAGE_SIZE >> MIN_SHIFT)
  private static void newSlab(Page page, int index) {
    int size = 1 << (index + MIN_SHIFT);
    long base = page.virtual();
    long next = 0;
    for (int at = Page.PAGE_SIZE - size; at >= 0; at -= size) {
      Memory.store64(base + at, next);
      next = base + at;
    }
    page.setType(Page.TYPE_SLAB + index);
    addSlabPages(1);
    page.setPrivateData(base);
    page.setInuse(0);
    partial(index).add(page.lru());
    count(index, Page.PAGE_SIZE / size);
  }

  /** kfree; 0 does nothing. Any context. */
  public static void kfree(long object) {
    if (object == 0) {
      return;
    }
    Page page = Page.ofAddress(object);
    if (page.isSlab()) {
      give(page, object);
    } else if (page.isLarge() && page.virtual() == object) {
      int order = page.order();
      page.setType(0);
      PageAlloc.freePages(page, order);
    } else {
      Bug.bug("kfree of an address that kmalloc did not return");
    }
  }

  private static void give(Page page, long object) {
    int index = page.order();
    int size = 1 << (index + MIN_SHIFT);
    long first = page.privateData();
    if ((object & (size - 1)) != 0 || first == object || page.inuse() == 0) {
      Bug.bug("Object already free");
    }
    int flags = Cpu.irqSave();
    Memory.store64(object, first);
    page.setPrivateData(object);
    page.setInuse(page.inuse() - 1);
    count(index, 1);
    if (first == 0) {
      partial(index).add(page.lru());
    }
    boolean empty = page.inuse() == 0 && spare(index, size);
    if (empty) {
      page.lru().del();
      count(index, -Page.PAGE_SIZE / size);
      addSlabPages(-1);
      page.setType(0);
    }
    Cpu.irqRestore(flags);
    if (empty) {
      PageAlloc.freePages(page, 0);
    }
  }

  /** Whether the class keeps more free objects than one empty slab's. */
  private static boolean spare(int index, int size) {
    return Memory.load64(cache(index) + FREE_OBJECTS) > Page.PAGE_SIZE / size;
  }

  /** ksize: bytes that the allocation really has. */
  public static int ksize(long object) {
    Page page = Page.ofAddress(object);
    return page.isSlab() ? 1 << (page.order() + MIN_SHIFT) : Page.PAGE_SIZE << page.order();
  }
}
