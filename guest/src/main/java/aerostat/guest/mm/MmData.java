package aerostat.guest.mm;

import aerostat.guest.kernel.KernelData;

/** Where the memory manager's own data lies, in its page of {@link KernelData}. */
final class MmData {
  private MmData() {}

  static final long ZONE = KernelData.MM;
  static final long ZONE_MOVABLE = KernelData.MM_MOVABLE;

  /** Address of the first struct page of ZONE_MOVABLE; past all of them if it is empty. */
  static final long MOVABLE_START = KernelData.MM_MOVABLE + 0x800;

  static final long MOVABLE_OPS = KernelData.MM_MOVABLE + 0x808;
  static final long POISONED_PAGES = KernelData.MM_MOVABLE + 0x810;
  static final long VM_EVENTS = KernelData.MM + 0x700;
  static final long TOTALRAM = KernelData.MM + 0x7e0;
  static final long SHRINKERS = KernelData.MM + 0x7e8;
  static final long OOM_CHAIN = KernelData.MM + 0xc60;
  static final long SLAB_CACHES = KernelData.MM + 0x800;
  static final long KSWAPD = KernelData.MM + 0xc00;
  static final long KSWAPD_WAIT = KernelData.MM + 0xc08;
  static final long RECLAIM_WAIT = KernelData.MM + 0xc18;
  static final long RECLAIM_WANTED = KernelData.MM + 0xc28;
  static final long RECLAIM_DONE = KernelData.MM + 0xc38;
  static final long RECLAIM_PROGRESS = KernelData.MM + 0xc40;
  static final long KSWAPD_WOKEN = KernelData.MM + 0xc48;
  static final long KSWAPD_FAILURES = KernelData.MM + 0xc70;
  static final long OOM_FREED = KernelData.MM + 0xc58;
  static final long RECLAIM_BUSY = KernelData.MM + 0xc50;
  static final long REPORTING_MUTEX = KernelData.MM + 0xc80;
  static final long REPORTING_DEVICE = KernelData.MM + 0xc98;
  static final long REPORTING_ORDER = KernelData.MM + 0xca0;
  static final long REPORTING_ENABLED = KernelData.MM + 0xca4;
  static final long MEM_INIT = KernelData.MM + 0xca8;
  static final long POISON_LIMIT = KernelData.MM + 0xcb0;
  static final long NOPAGE_LIMIT = KernelData.MM + 0xcc0;
  static final long PCP = KernelData.MM + 0xd00;
  static final long LRU = KernelData.MM + 0xe00;
  static final long MAPPINGS = KernelData.MM + 0xe30;
  static final long FILEMAP_LOCK = KernelData.MM + 0xe40;
  static final long NR_FILE_PAGES = KernelData.MM + 0xe48;
  static final long NR_SLAB = KernelData.MM + 0xe50;
  static final long DROP_CACHES_SILENT = KernelData.MM + 0xe58;
  static final long SHOW = KernelData.MM + 0xe60;
  static final long FAIL_PAGE_ALLOC = KernelData.MM + 0xf80;
  static final long WALK_HOLD = KernelData.MM + 0xff0;
}
