package aerostat.guest.mm;

import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/** init_on_alloc and init_on_free (mm/mm_init.c), and who wins over whom. */
public final class MemInit {
  private MemInit() {}

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
    set(MmData.PAGE_POISONING, poison);
    set(MmData.INIT_ON_ALLOC, onAlloc && !poison);
    set(MmData.INIT_ON_FREE, onFree && !poison);
  }

  private static void set(long at, boolean on) {
    Memory.store32(at, on ? 1 : 0);
  }

  /** want_init_on_free: freed pages are zeroed. */
  @Bounded(1)
  public static boolean wantInitOnFree() {
    return Memory.load32(MmData.INIT_ON_FREE) != 0;
  }

  /** want_init_on_alloc: these flags, or the boot, want a zeroed page. */
  @Bounded(1)
  static boolean wantInitOnAlloc(int gfp) {
    return (gfp & Gfp.__GFP_ZERO) != 0 || Memory.load32(MmData.INIT_ON_ALLOC) != 0;
  }
}
