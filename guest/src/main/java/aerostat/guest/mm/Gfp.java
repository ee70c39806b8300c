package aerostat.guest.mm;

/** linux/gfp_types.h: what an allocation may do. */
public final class Gfp {
  private Gfp() {}

  public static final int __GFP_RECLAIMABLE = 0x10;
  public static final int __GFP_HIGH = 0x20;
  public static final int __GFP_IO = 0x40;
  public static final int __GFP_FS = 0x80;
  public static final int __GFP_ZERO = 0x100;

  /** May wait while others free memory. */
  public static final int __GFP_DIRECT_RECLAIM = 0x400;

  /** Wakes kswapd when memory is low. */
  public static final int __GFP_KSWAPD_RECLAIM = 0x800;

  public static final int __GFP_RECLAIM = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM;
  public static final int __GFP_MOVABLE = 0x8;
  public static final int __GFP_NOWARN = 0x2000;
  public static final int __GFP_RETRY_MAYFAIL = 0x4000;
  public static final int __GFP_NOFAIL = 0x8000;
  public static final int __GFP_NORETRY = 0x10000;
  public static final int __GFP_MEMALLOC = 0x20000;
  public static final int __GFP_COMP = 0x40000;
  public static final int __GFP_NOMEMALLOC = 0x80000;

  public static final int GFP_KERNEL = __GFP_RECLAIM | __GFP_IO | __GFP_FS;
  public static final int GFP_ATOMIC = __GFP_HIGH | __GFP_KSWAPD_RECLAIM;
  public static final int GFP_NOWAIT = __GFP_KSWAPD_RECLAIM | __GFP_NOWARN;
  public static final int GFP_HIGHUSER_MOVABLE = GFP_KERNEL | __GFP_MOVABLE;

  /** gfp_migratetype: 0x8 is MOVABLE (1), 0x10 is RECLAIMABLE (2). */
  static int migratetype(int gfp) {
    return (gfp & (__GFP_MOVABLE | __GFP_RECLAIMABLE)) >> 3;
  }
}
