package aerostat.guest.mm;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.NotifierBlock;
import aerostat.guest.kernel.NotifierHead;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Reboot;
import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Memory;

/**
 * What somebody would {@code cat} from /proc, on the console: {@code show=meminfo,buddyinfo,vmstat,
 * pagetypeinfo} at power off, and every {@code show.interval} ms if that is given.
 */
public final class ShowMem {
  private ShowMem() {}

  private static final int MEMINFO = 1;
  private static final int BUDDYINFO = 2;
  private static final int VMSTAT = 4;
  private static final int PAGETYPEINFO = 8;
  private static final int NAME_SIZE = 16;
  private static final long MAX_INTERVAL_MS = 3_600_000;

  private static final long WANTED = MmData.SHOW;
  private static final long NAME = MmData.SHOW + 8;
  private static final long BLOCK = NAME + NAME_SIZE;

  /** Reads the parameters; in the init thread. */
  public static void start() {
    DropCaches.init();
    CString list = Params.get("show");
    long ms = Params.number("show.interval", 0);
    int wanted = list == null ? 0 : parse(list);
    if (wanted == 0) {
      return;
    }
    Memory.store32(WANTED, wanted);
    NotifierBlock block = new NotifierBlock(BLOCK);
    block.setup(ShowMem::atPowerOff, 0, 0);
    Reboot.registerNotifier(block);
    if (ms > 0 && Kthread.run(ShowMem::thread, Math.min(ms, MAX_INTERVAL_MS), "show") == null) {
      Printk.err("show: cannot have a thread\n");
    }
  }

  private static int parse(CString list) {
    int wanted = 0;
    int length = 0;
    int at = 0;
    int c = list.at(0);
    while (true) {
      if (c == ',' || c == 0) {
        Memory.store8(NAME + length, 0);
        wanted |= named(new CString(NAME));
        length = 0;
      } else if (length < NAME_SIZE - 1) {
        Memory.store8(NAME + length, c);
        length++;
      }
      if (c == 0) {
        return wanted;
      }
      at++;
      c = list.at(at);
    }
  }

  private static int named(CString name) {
    if (name.is("meminfo")) {
      return MEMINFO;
    }
    if (name.is("buddyinfo")) {
      return BUDDYINFO;
    }
    if (name.is("vmstat")) {
      return VMSTAT;
    }
    if (name.is("pagetypeinfo")) {
      return PAGETYPEINFO;
    }
    Params.invalid(CString.of("show"), name);
    return 0;
  }

  static int thread(long ms) {
    while (!Kthread.shouldStop()) {
      Sched.msleep(ms);
      show(Memory.load32(WANTED));
    }
    return 0;
  }

  static int atPowerOff(NotifierBlock block, long action, long data) {
    show(Memory.load32(WANTED));
    return NotifierHead.OK;
  }

  private static void show(int wanted) {
    if ((wanted & MEMINFO) != 0) {
      ProcMeminfo.meminfo();
    }
    if ((wanted & BUDDYINFO) != 0) {
      ProcBuddyinfo.buddyinfo();
    }
    if ((wanted & PAGETYPEINFO) != 0) {
      ProcBuddyinfo.pagetypeinfo();
    }
    if ((wanted & VMSTAT) != 0) {
      ProcMeminfo.vmstat();
    }
  }
}
