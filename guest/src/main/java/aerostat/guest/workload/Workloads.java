package aerostat.guest.workload;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Reboot;
import aerostat.guest.kernel.Sched;
import aerostat.guest.kernel.ThreadFn;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;

/**
 * Starts what the command line asks for: {@code workload=NAME[,NAME]...}; workload.interval (ms
 * between two lines of counters, 1000; 0 = none); workload.poweroff (power off when all workloads
 * that end have ended).
 */
public final class Workloads {
  private Workloads() {}

  private static final int NAME_SIZE = 16;
  private static final long MAX_INTERVAL_MS = 3_600_000;

  /** The first program: in the init thread, when all drivers are up. */
  public static void start() {
    BootMemory.run();
    CString list = Params.get("workload");
    long ms = Params.number("workload.interval", 1000);
    WorkloadStat.setPowerOff(Params.flag("workload.poweroff", false));
    if (list == null) {
      return;
    }
    long name = Slab.kzalloc(NAME_SIZE, Gfp.GFP_KERNEL);
    long rest = list.address();
    while (name != 0 && rest != 0) {
      rest = cutName(name, rest);
      startOne(new CString(name));
    }
    Slab.kfree(name);
    if (WorkloadStat.count() > 0 && ms > 0) {
      if (Kthread.run(Workloads::report, Math.min(ms, MAX_INTERVAL_MS), "workload-stat") == null) {
        Printk.err("workload: cannot have a thread\n");
      }
    }
  }

  /** Copies the first name of a list; address of the rest, 0 at the end. */
  private static long cutName(long name, long list) {
    CString text = new CString(list);
    int n = 0;
    int c = text.at(0);
    while (c != 0 && c != ',') {
      if (n < NAME_SIZE - 1) {
        Memory.store8(name + n, c);
      }
      n++;
      c = text.at(n);
    }
    Memory.store8(name + Math.min(n, NAME_SIZE - 1), 0);
    return c == 0 ? 0 : list + n + 1;
  }

  private static Workload named(CString name) {
    if (name.is("kvstore")) {
      return new Kvstore();
    }
    if (name.is("dirty")) {
      return new Dirty();
    }
    if (name.is("churn")) {
      return new Churn();
    }
    if (name.is("readfile")) {
      return new ReadFile();
    }
    if (name.is("stall")) {
      return new Stall();
    }
    if (name.is("mix")) {
      return new Mix();
    }
    return null;
  }

  private static void startOne(CString name) {
    if (name.is("idle")) {
      Printk.info("workload: idle\n");
      return;
    }
    Workload workload = named(name);
    if (workload == null) {
      Params.invalid(CString.of("workload"), name);
      return;
    }
    WorkloadStat stat = WorkloadStat.add(name);
    if (stat == null) {
      Printk.err("workload: too many, %s is left out\n", name.address());
      return;
    }
    workload.start(stat);
  }

  /** Prints the counters again and again. */
  static int report(long ms) {
    while (!Kthread.shouldStop()) {
      Sched.msleep(ms);
      WorkloadStat.printAll();
    }
    return 0;
  }

  /** Starts a workload's thread, which bears its name; without memory for it the workload fails. */
  static void startThread(ThreadFn function, long self, WorkloadStat stat) {
    if (Kthread.runNamed(function, self, stat.name()) == null) {
      Printk.err("%s: cannot have a thread\n", stat.name().address());
      failed(stat);
    }
  }

  /** A workload could not begin; it has said why. */
  static void failed(WorkloadStat stat) {
    stat.setFailed();
    Printk.err("%s: stopped\n", stat.name().address());
    powerOffIfDone();
  }

  /** A workload that ends has ended. */
  static void finished(WorkloadStat stat) {
    stat.setDone();
    powerOffIfDone();
  }

  private static void powerOffIfDone() {
    if (WorkloadStat.powerOff() && WorkloadStat.allDone()) {
      powerOff();
    }
  }

  /**
   * Ends the guest; with a failure if any workload has lost anything or could not begin. Does not
   * return.
   */
  static void powerOff() {
    WorkloadStat.printAll();
    if (WorkloadStat.totalLost() > 0 || WorkloadStat.anyFailed()) {
      Reboot.powerOffFailed();
    } else {
      Reboot.powerOff();
    }
  }
}
