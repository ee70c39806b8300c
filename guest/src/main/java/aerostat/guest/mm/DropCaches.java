package aerostat.guest.mm;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Task;
import aerostat.guest.machine.Memory;

/** fs/drop_caches.c. Process context. */
public final class DropCaches {
  private DropCaches() {}

  private static final int PAGECACHE = 1;
  private static final int SLAB = 2;
  private static final int SILENT = 4;

  /** The boot parameter {@code sysctl.vm.drop_caches=N}. */
  static void init() {
    long value = Params.number("sysctl.vm.drop_caches", 0);
    if (value != 0 && !write(value)) {
      Params.invalid("sysctl.vm.drop_caches");
    }
  }

  /**
   * drop_caches_sysctl_handler: says so each time, until a value with 4 was written.
   *
   * @param value 1 page cache, 2 slab, 3 both; 4 added: be silent from the next time on. Other
   *     values do nothing
   * @return whether the value can be
   */
  public static boolean write(long value) {
    if (!isValid(value)) {
      return false;
    }
    if ((value & PAGECACHE) != 0) {
      dropPagecache();
    }
    if ((value & SLAB) != 0) {
      dropSlab();
    }
    if (Memory.load32(MmData.DROP_CACHES_SILENT) == 0) {
      Task task = Task.current();
      Printk.info("%s (%d): drop_caches: %d\n", task.comm().address(), task.pid(), value);
    }
    if ((value & SILENT) != 0) {
      Memory.store32(MmData.DROP_CACHES_SILENT, 1);
    }
    return true;
  }

  /** Whether the value can be written: 1 to 7. */
  public static boolean isValid(long value) {
    return value >= PAGECACHE && value <= (PAGECACHE | SLAB | SILENT);
  }

  /** iterate_supers(drop_pagecache_sb): all cached pages that nobody looks at; returns how many. */
  public static long dropPagecache() {
    long freed = 0;
    ListHead at = AddressSpace.all().next();
    while (!AddressSpace.all().is(at)) {
      freed += invalidate(new AddressSpace(at.address()));
      at = at.next();
    }
    VmStat.count(VmStat.DROP_PAGECACHE, 1);
    return freed;
  }

  /** invalidate_mapping_pages, of the whole file. */
  private static long invalidate(AddressSpace mapping) {
    long freed = 0;
    long length = mapping.length();
    for (long i = 0; i < length && mapping.nrPages() > 0; i++) {
      i = mapping.skip(i);
      Page page = i < length ? mapping.load(i) : null;
      if (page != null && Filemap.remove(page)) {
        freed++;
      }
    }
    return freed;
  }

  /** drop_slab: the shrinkers, until they free next to nothing any more. */
  public static void dropSlab() {
    int shift = 0;
    long freed = Vmscan.shrinkSlab(0);
    while (freed >> shift > 1) {
      shift++;
      freed = Vmscan.shrinkSlab(0);
    }
    VmStat.count(VmStat.DROP_SLAB, 1);
  }
}
