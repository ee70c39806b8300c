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
  static void buddyinfo() {
    for (Zone zone = Zone.normal(); zone != null; zone = zone.next()) {
      buddyinfo(zone);
    }
  }

  @Bounded(Zone.NR_PAGE_ORDERS)
  private static void buddyinfo(Zone zone) {
    SeqFile.begin();
    SeqFile.add("Node %d, zone %8s ", 0, Cpu.string(zone.name()));
    for (int order = 0; order < Zone.NR_PAGE_ORDERS; order++) {
      SeqFile.add("%6lu ", zone.freeArea(order).nrFree(), 0);
    }
    SeqFile.end(Printk.INFO);
  }

  /** pagetypeinfo_showfree: the same by migrate type, counted in the lists. */
  static void pagetypeinfo() {
    for (Zone zone = Zone.normal(); zone != null; zone = zone.next()) {
      for (int type = 0; type < FreeArea.MIGRATE_TYPES; type++) {
        int flags = zone.lock().lockIrqsave();
        line(zone, type);
        zone.lock().unlockIrqrestore(flags);
      }
    }
  }

  private static void line(Zone zone, int type) {
    SeqFile.begin();
    SeqFile.add("Node %4d, zone %8s, ", 0, Cpu.string(zone.name()));
    SeqFile.add("type %12s ", name(type), 0);
    for (int order = 0; order < Zone.NR_PAGE_ORDERS; order++) {
      SeqFile.add("%6lu ", count(zone.freeArea(order).freeList(type)), 0);
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

  /** show_free_areas: "Normal: 3*4kB (UM) ... = 12kB", from the out-of-memory report. */
  static void freeAreas(Zone zone) {
    int flags = zone.lock().lockIrqsave();
    SeqFile.begin();
    SeqFile.add("%s: ", Cpu.string(zone.name()), 0);
    long total = 0;
    for (int order = 0; order < Zone.NR_PAGE_ORDERS; order++) {
      FreeArea area = zone.freeArea(order);
      long n = area.nrFree();
      total += n << order;
      SeqFile.add("%lu*%lukB ", n, 4L << order);
      if (n != 0) {
        types(area);
      }
    }
    SeqFile.add("= %lukB", total * 4, 0);
    SeqFile.end(Printk.WARNING);
    zone.lock().unlockIrqrestore(flags);
  }

  /** show_migration_types: the letters of those lists that have blocks. */
  private static void types(FreeArea area) {
    SeqFile.add("(", 0, 0);
    for (int type = 0; type < FreeArea.MIGRATE_TYPES; type++) {
      if (!area.freeList(type).isEmpty()) {
        SeqFile.add("%c", letter(type), 0);
      }
    }
    SeqFile.add(") ", 0, 0);
  }

  private static int letter(int type) {
    return switch (type) {
      case FreeArea.MIGRATE_UNMOVABLE -> 'U';
      case FreeArea.MIGRATE_MOVABLE -> 'M';
      case FreeArea.MIGRATE_RECLAIMABLE -> 'E';
      case FreeArea.MIGRATE_HIGHATOMIC -> 'H';
      case FreeArea.MIGRATE_CMA -> 'C';
      default -> 'I';
    };
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
