package aerostat.guest.mm;

import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/** What becomes of a page's content when it is freed and when it is allocated (mm/mm_init.c). */
public final class MemInit {
  private MemInit() {}

  static final int PAGE_POISONING = 1;
  private static final int INIT_ON_ALLOC = 2;
  private static final int INIT_ON_FREE = 4;

  /** mem_debugging_and_hardening_init: poisoning switches the initialisation off (POISON-02). */
  static void init() {
    boolean poison = Params.flag("page_poison", false);
    boolean onAlloc = Params.flag("init_on_alloc", false);
    boolean onFree = Params.flag("init_on_free", false);
    if (poison && (onAlloc || onFree)) {
      Printk.info(
          "mem auto-init: CONFIG_PAGE_POISONING is on, will take precedence over init_on_alloc and"
              + " init_on_free\n");
    }
    int flags = poison ? PAGE_POISONING : 0;
    if (!poison) {
      flags = (onAlloc ? INIT_ON_ALLOC : 0) | (onFree ? INIT_ON_FREE : 0);
    }
    Memory.store32(MmData.MEM_INIT, flags);
  }

  @Bounded(1)
  static int flags() {
    return Memory.load32(MmData.MEM_INIT);
  }

  /** want_init_on_free: freed pages are zeroed. */
  @Bounded(1)
  public static boolean wantInitOnFree() {
    return (flags() & INIT_ON_FREE) != 0;
  }

  /**
   * free_pages_prepare's part (POISON-06, MM-08). Only to be called if there are {@link #flags}.
   */
  static void onFree(Page page, int order) {
    if (PagePoisoning.enabled()) {
      PagePoisoning.poisonPages(page, 1L << order);
    } else if (wantInitOnFree()) {
      clear(page, order);
    }
  }

  /**
   * Pages that boot gives to the allocator are freed for the first time, so they are poisoned
   * (POISON-08). They need not be zeroed: RAM is zero when the machine is switched on.
   */
  static void firstFree(Page page, long pages) {
    if (PagePoisoning.enabled()) {
      PagePoisoning.poisonPages(page, pages);
    }
  }

  /** post_alloc_hook: first the check, then the zeros (POISON-07, MM-08). */
  static void onAlloc(Page page, int order, int gfp) {
    if (PagePoisoning.enabled()) {
      PagePoisoning.unpoisonPages(page, 1L << order);
    }
    boolean want = (gfp & Gfp.__GFP_ZERO) != 0 || (flags() & INIT_ON_ALLOC) != 0;
    if (want && !wantInitOnFree()) {
      clear(page, order);
    }
  }

  private static void clear(Page page, int order) {
    Memory.fill(page.virtual(), (long) Page.PAGE_SIZE << order, 0);
  }
}
