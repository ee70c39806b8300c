package aerostat.guest.mm;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.SeqFile;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Cpu;

/** /proc/buddyinfo and /proc/pagetypeinfo (mm/vmstat.c). */
final class ProcBuddyinfo {
  private ProcBuddyinfo() {}

  private static final int COUNT_LIMIT = 100_000;

  /** frag_show: free blocks of each order. */
  @Bounded(Zone.NR_PAGE_ORDERS)
  static void buddyinfo() {
    SeqFile.begin();
    SeqFile.add("Node %d, zone %8s ", 0, Cpu.string("Normal"));
    for (int order = 0; order < Zone.NR_PAGE_ORDERS; order++) {
      SeqFile.add("%6lu ", Zone.normal().freeArea(order).nrFree(), 0);
    }
    SeqFile.end(Printk.INFO);
  }

  /** pagetypeinfo_showfree: the same by migrate type, counted in the lists. */
  static void pagetypeinfo() {
    for (int type = 0; type < FreeArea.MIGRATE_TYPES; type++) {
      int flags = Zone.normal().lock().lockIrqsave();
      line(type);
      Zone.normal().lock().unlockIrqrestore(flags);
    }
  }

  private static void line(int type) {
    SeqFile.begin();
    SeqFile.add("Node %4d, zone %8s, ", 0, Cpu.string("Normal"));
    SeqFile.add("type %12s ", name(type), 0);
    for (int order = 0; order < Zone.NR_PAGE_ORDERS; order++) {
      SeqFile.add("%6lu ", count(Zone.normal().freeArea(order).freeList(type)), 0);
    }
    SeqFile.end(Printk.INFO);
  }

  private static long count(ListHead list) {
    long n = 0;
    for (ListHead at = list.next(); !list.is(at) && n < COUNT_LIMIT; at = at.next()) {
      n++;
    }
    return n;
  }

  private static long name(int type) {
    return Cpu.string(
        switch (type) {
          case FreeArea.MIGRATE_UNMOVABLE -> "Unmovable";
          case FreeArea.MIGRATE_MOVABLE -> "Movable";
          case FreeArea.MIGRATE_RECLAIMABLE -> "Reclaimable";
          case FreeArea.MIGRATE_HIGHATOMIC -> "HighAtomic";
          case FreeArea.MIGRATE_CMA -> "CMA";
          default -> "Isolate";
        });
  }
}
