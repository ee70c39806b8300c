package aerostat.guest.mm;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.Jiffies;
import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.NumberParser;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Sched;

/**
 * What somebody would {@code echo} into /sys/devices/system/memory/soft_offline_page: {@code
 * soft_offline_page=ADDRESS@SECONDS}, any number of times, in the order of their times; physical
 * address, seconds since boot.
 */
public final class SoftOffline {
  private SoftOffline() {}

  private static final String PARAM = "soft_offline_page";

  /** Reads the parameters; in the init thread. */
  public static void start() {
    if (Params.has(PARAM) && Kthread.run(SoftOffline::thread, 0, "soft-offline") == null) {
      Printk.err("soft offline: cannot have a thread\n");
    }
  }

  static int thread(long data) {
    int at = Params.find(PARAM, 0);
    while (at >= 0) {
      CString value = Params.valueAt(at);
      if (value == null || !step(value)) {
        Params.invalid(CString.of(PARAM), value);
      }
      at = Params.find(PARAM, at + 1);
    }
    return 0;
  }

  private static boolean step(CString value) {
    long mark = NumberParser.skip(value);
    if (mark == value.address() || new CString(mark).at(0) != '@') {
      return false;
    }
    CString seconds = new CString(mark + 1);
    long end = NumberParser.skip(seconds);
    long pfn = NumberParser.value(value) >> Page.PAGE_SHIFT;
    if (end == seconds.address() || new CString(end).at(0) != 0 || !isRam(pfn)) {
      return false;
    }
    long left = NumberParser.value(seconds) * Jiffies.HZ - Jiffies.now();
    if (left > 0) {
      Sched.msleep(left);
    }
    var unused = MemoryFailure.softOffline(Page.ofPfn(pfn));
    return true;
  }

  private static boolean isRam(long pfn) {
    Zone last = Zone.movable();
    return pfn >= Zone.normal().startPfn() && pfn < last.startPfn() + last.spannedPages();
  }
}
