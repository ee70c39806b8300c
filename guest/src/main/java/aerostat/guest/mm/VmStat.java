package aerostat.guest.mm;

import aerostat.guest.machine.Memory;

/** mm/vmstat.c: counts of events since boot. */
public final class VmStat {
  private VmStat() {}

  // vm_event_item.
  public static final int PSWPIN = 0;
  public static final int PSWPOUT = 1;
  public static final int PGALLOC = 2;
  public static final int PGFREE = 3;
  public static final int PGFAULT = 4;
  public static final int PGMAJFAULT = 5;
  public static final int OOM_KILL = 6;
  public static final int ALLOCSTALL = 7;
  public static final int PGSCAN_KSWAPD = 8;
  public static final int PGSCAN_DIRECT = 9;
  public static final int PGSTEAL_KSWAPD = 10;
  public static final int PGSTEAL_DIRECT = 11;
  public static final int HTLB_BUDDY_PGALLOC = 12;
  public static final int HTLB_BUDDY_PGALLOC_FAIL = 13;
  public static final int BALLOON_INFLATE = 14;
  public static final int BALLOON_DEFLATE = 15;
  public static final int BALLOON_MIGRATE = 16;
  public static final int DROP_PAGECACHE = 17;
  public static final int DROP_SLAB = 18;
  static final int NR_VM_EVENT_ITEMS = 19;

  private static long counter(int item) {
    return MmData.VM_EVENTS + item * 8L;
  }

  /** count_vm_events. */
  public static void count(int item, long n) {
    Memory.store64(counter(item), Memory.load64(counter(item)) + n);
  }

  /** One of all_vm_events. */
  public static long event(int item) {
    return Memory.load64(counter(item));
  }
}
