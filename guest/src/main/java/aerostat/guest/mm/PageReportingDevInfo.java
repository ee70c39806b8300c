package aerostat.guest.mm;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.DelayedWork;
import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.machine.Ops;

/**
 * struct page_reporting_dev_info (linux/page_reporting.h), {@link #SIZE} zeroed bytes of the
 * driver's: report function, work, state, order, capacity.
 */
public record PageReportingDevInfo(long address) {
  /** Most pieces that one report has (REPORT-17). */
  public static final int PAGE_REPORTING_CAPACITY = 32;

  /** {@link #setOrder}: the driver has no wish (REPORT-16). */
  public static final int PAGE_REPORTING_ORDER_UNSPECIFIED = -1;

  // The states of balloon-facts E.1.
  public static final int PAGE_REPORTING_IDLE = 0;
  public static final int PAGE_REPORTING_REQUESTED = 1;
  public static final int PAGE_REPORTING_ACTIVE = 2;

  private static final int REPORT = 0;
  private static final int WORK = 8;
  private static final int STATE = WORK + DelayedWork.SIZE;
  private static final int ORDER = STATE + 4;
  private static final int CAPACITY = ORDER + 4;

  /** Bytes. */
  public static final int SIZE = CAPACITY + 8;

  /** The driver's function; before registration. */
  public void setReport(PageReportingOps report) {
    store64(address + REPORT, Ops.id(report));
  }

  int report(Scatterlist sgl, int nents) {
    return Ops.<PageReportingOps>of(load64(address + REPORT)).report(this, sgl, nents);
  }

  DelayedWork work() {
    return new DelayedWork(address + WORK);
  }

  static PageReportingDevInfo of(WorkStruct work) {
    return new PageReportingDevInfo(work.address() - WORK);
  }

  /** {@link #PAGE_REPORTING_IDLE} and so on. */
  public int state() {
    return load32(address + STATE);
  }

  void setState(int state) {
    store32(address + STATE, state);
  }

  /** Smallest order that the driver wants to hear of; 0 counts (REPORT-16). */
  public int order() {
    return load32(address + ORDER);
  }

  /** Before registration: an order, or {@link #PAGE_REPORTING_ORDER_UNSPECIFIED}. */
  public void setOrder(int order) {
    store32(address + ORDER, order);
  }

  /** Most pieces of a report. */
  public int capacity() {
    return load32(address + CAPACITY);
  }

  /** Before registration: 1 to 32; 0 stands for 32 (REPORT-17). */
  public void setCapacity(int capacity) {
    store32(address + CAPACITY, capacity);
  }
}
