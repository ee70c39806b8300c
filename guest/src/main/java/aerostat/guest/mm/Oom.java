package aerostat.guest.mm;

import aerostat.guest.kernel.NotifierBlock;
import aerostat.guest.kernel.NotifierHead;
import aerostat.guest.kernel.Panic;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Task;
import aerostat.guest.machine.Memory;

/** mm/oom_kill.c: the notifiers, and the words before the end. */
public final class Oom {
  private Oom() {}

  static void init() {
    chain().init();
  }

  private static NotifierHead chain() {
    return new NotifierHead(MmData.OOM_CHAIN);
  }

  /**
   * register_oom_notifier: called when reclaim has freed nothing; {@code data} is the address of a
   * 64-bit count to which it adds the pages it has freed.
   */
  public static void registerNotifier(NotifierBlock block) {
    chain().register(block);
  }

  /** unregister_oom_notifier. */
  public static void unregisterNotifier(NotifierBlock block) {
    chain().unregister(block);
  }

  /** Calls the notifiers; returns the pages that they have freed. */
  public static long notifyAll(long action) {
    Memory.store64(MmData.OOM_FREED, 0);
    chain().call(action, MmData.OOM_FREED);
    return Memory.load64(MmData.OOM_FREED);
  }

  /** out_of_memory with nobody to kill. Does not return. */
  static void outOfMemory(int gfp, int order) {
    VmStat.count(VmStat.OOM_KILL, 1);
    Printk.pr(
        Printk.WARNING,
        "%s invoked oom-killer: gfp_mask=%#x, order=%d, oom_score_adj=0\n",
        Task.current().comm().address(),
        gfp,
        order);
    showMem();
    Printk.pr(Printk.WARNING, "Out of memory and no killable processes...\n");
    Panic.panic("System is deadlocked on memory");
  }

  private static void showZone(Zone zone) {
    Printk.pr(
        Printk.WARNING,
        zone.isMovable()
            ? "Movable free:%lukB min:%lukB low:%lukB high:%lukB present:%lukB managed:%lukB\n"
            : "Normal free:%lukB min:%lukB low:%lukB high:%lukB present:%lukB managed:%lukB\n",
        zone.freePages() * 4,
        zone.watermark(Zone.WMARK_MIN) * 4,
        zone.watermark(Zone.WMARK_LOW) * 4,
        zone.watermark(Zone.WMARK_HIGH) * 4,
        zone.presentPages() * 4,
        zone.managedPages() * 4);
  }

  /** show_mem. */
  static void showMem() {
    for (Zone zone = Zone.normal(); zone != null; zone = zone.next()) {
      showZone(zone);
    }
    for (Zone zone = Zone.normal(); zone != null; zone = zone.next()) {
      ProcBuddyinfo.freeAreas(zone);
    }
    Printk.pr(Printk.WARNING, "%lu total pagecache pages\n", SysInfo.caches());
  }
}
