package aerostat.guest.mm;

import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Cpu;

/** /proc/meminfo and /proc/vmstat, as far as this kernel has what they count. */
final class ProcMeminfo {
  private ProcMeminfo() {}

  /** meminfo_proc_show. */
  static void meminfo() {
    kb("MemTotal:", SysInfo.totalRam());
    kb("MemFree:", SysInfo.freeRam());
    kb("MemAvailable:", SysInfo.available());
    kb("Buffers:", 0);
    kb("Cached:", SysInfo.caches());
    kb("Active:", Lru.nrActive());
    kb("Inactive:", Lru.nrInactive());
    kb("Active(file):", Lru.nrActive());
    kb("Inactive(file):", Lru.nrInactive());
    kb("Slab:", Slab.nrSlabPages());
    kb("HardwareCorrupted:", MemoryFailure.poisonedPages());
    kb("Balloon:", balloonPages());
  }

  /** Pages in the balloon, from the events that count them. */
  private static long balloonPages() {
    return VmStat.event(VmStat.BALLOON_INFLATE) - VmStat.event(VmStat.BALLOON_DEFLATE);
  }

  private static void kb(String name, long pages) {
    Printk.info("%-15s %8lu kB\n", Cpu.string(name), pages * (Page.PAGE_SIZE / 1024));
  }

  /** vmstat_show: states first, then events. */
  static void vmstat() {
    item("nr_free_pages", SysInfo.freeRam());
    item("nr_inactive_file", Lru.nrInactive());
    item("nr_active_file", Lru.nrActive());
    item("nr_file_pages", SysInfo.caches());
    item("nr_slab_unreclaimable", Slab.nrSlabPages());
    item("nr_balloon_pages", balloonPages());
    for (int i = 0; i < VmStat.NR_VM_EVENT_ITEMS; i++) {
      item(eventName(i), VmStat.event(i));
    }
  }

  private static void item(String name, long value) {
    Printk.info("%s %lu\n", Cpu.string(name), value);
  }

  /** vmstat_text. */
  private static String eventName(int item) {
    return switch (item) {
      case VmStat.PSWPIN -> "pswpin";
      case VmStat.PSWPOUT -> "pswpout";
      case VmStat.PGALLOC -> "pgalloc_normal";
      case VmStat.PGFREE -> "pgfree";
      case VmStat.PGFAULT -> "pgfault";
      case VmStat.PGMAJFAULT -> "pgmajfault";
      case VmStat.OOM_KILL -> "oom_kill";
      case VmStat.ALLOCSTALL -> "allocstall_normal";
      case VmStat.PGSCAN_KSWAPD -> "pgscan_kswapd";
      case VmStat.PGSCAN_DIRECT -> "pgscan_direct";
      case VmStat.PGSTEAL_KSWAPD -> "pgsteal_kswapd";
      case VmStat.PGSTEAL_DIRECT -> "pgsteal_direct";
      case VmStat.HTLB_BUDDY_PGALLOC -> "htlb_buddy_alloc_success";
      case VmStat.HTLB_BUDDY_PGALLOC_FAIL -> "htlb_buddy_alloc_fail";
      case VmStat.BALLOON_INFLATE -> "balloon_inflate";
      case VmStat.BALLOON_DEFLATE -> "balloon_deflate";
      case VmStat.BALLOON_MIGRATE -> "balloon_migrate";
      case VmStat.DROP_PAGECACHE -> "drop_pagecache";
      default -> "drop_slab";
    };
  }
}
