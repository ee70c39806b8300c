package aerostat.guest.workload;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.KernelData;
import aerostat.guest.kernel.Printk;

/**
 * A workload's counters, at a fixed place where the VMM finds them: the table at {@link #TABLE} has
 * a magic number, the number of entries in use at +8, and from +16 on entries of 64 bytes: +0 name
 * (NUL-ended), +16 verified, +24 lost, +32 updates, +40 state (0 runs, 1 done, 2 could not begin),
 * +48 the workload's own structure. docs/workloads.md shows the layout; it is an interface.
 */
record WorkloadStat(long address) {
  /** Guest-physical address of the table. */
  static final long TABLE = KernelData.DRIVERS + 0x800;

  /** "AEROWORK", little-endian. */
  static final long MAGIC = 0x4B524F574F524541L;

  /** Most entries. */
  static final int MAX = 8;

  static final int ENTRY = 64;
  static final int FIRST = 16;
  private static final int NAME_SIZE = 16;
  private static final int VERIFIED = 16;
  private static final int LOST = 24;
  private static final int UPDATES = 32;
  private static final int STATE = 40;
  private static final int SELF = 48;

  private static final int DONE = 1;
  private static final int FAILED = 2;

  /** Lines about losses until only each thousandth is printed. */
  private static final long MAX_LINES = 50;

  static int count() {
    return load32(TABLE + 8);
  }

  static WorkloadStat at(int i) {
    return new WorkloadStat(TABLE + FIRST + (long) i * ENTRY);
  }

  /** A new entry, null when the table is full. */
  static WorkloadStat add(CString name) {
    int n = count();
    if (n == MAX) {
      return null;
    }
    WorkloadStat stat = at(n);
    var unused = CString.copy(stat.address(), name, NAME_SIZE);
    store32(TABLE + 8, n + 1);
    store64(TABLE, MAGIC);
    return stat;
  }

  CString name() {
    return new CString(address);
  }

  /** Checks that were made. */
  long verified() {
    return load64(address + VERIFIED);
  }

  void countVerified() {
    store64(address + VERIFIED, verified() + 1);
  }

  /** Checks that failed. */
  long lost() {
    return load64(address + LOST);
  }

  /** Counts a loss; whether it should be printed. */
  boolean countLost() {
    long lost = lost() + 1;
    store64(address + LOST, lost);
    return lost <= MAX_LINES || lost % 1000 == 0;
  }

  /** Writes, or operations. */
  long updates() {
    return load64(address + UPDATES);
  }

  void countUpdate() {
    store64(address + UPDATES, updates() + 1);
  }

  /** Address of the workload's own structure, for tests and debuggers. */
  long self() {
    return load64(address + SELF);
  }

  void setSelf(long self) {
    store64(address + SELF, self);
  }

  void setDone() {
    store32(address + STATE, DONE);
  }

  void setFailed() {
    store32(address + STATE, FAILED);
  }

  private int state() {
    return load32(address + STATE);
  }

  /** Whether the guest powers off when every workload has ended. */
  static boolean powerOff() {
    return load32(TABLE + 12) != 0;
  }

  static void setPowerOff(boolean off) {
    store32(TABLE + 12, off ? 1 : 0);
  }

  /** Whether every workload has ended. */
  static boolean allDone() {
    int n = count();
    for (int i = 0; i < n; i++) {
      if (at(i).state() == 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether a workload could not begin. */
  static boolean anyFailed() {
    int n = count();
    for (int i = 0; i < n; i++) {
      if (at(i).state() == FAILED) {
        return true;
      }
    }
    return false;
  }

  /** Losses of all workloads. */
  static long totalLost() {
    long lost = 0;
    int n = count();
    for (int i = 0; i < n; i++) {
      lost += at(i).lost();
    }
    return lost;
  }

  /** The line for people and the line for programs. */
  void print() {
    Printk.info(
        "%s: verified=%lu lost=%lu updates=%lu\n", name().address(), verified(), lost(), updates());
    Printk.info(
        "workload-stat name=%s verified=%lu lost=%lu updates=%lu\n",
        name().address(), verified(), lost(), updates());
  }

  static void printAll() {
    int n = count();
    for (int i = 0; i < n; i++) {
      if (at(i).state() != FAILED) {
        at(i).print();
      }
    }
  }
}
