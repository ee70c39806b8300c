package aerostat.guest.mm;

import static aerostat.guest.mm.PageReportingDevInfo.PAGE_REPORTING_ACTIVE;
import static aerostat.guest.mm.PageReportingDevInfo.PAGE_REPORTING_CAPACITY;
import static aerostat.guest.mm.PageReportingDevInfo.PAGE_REPORTING_IDLE;
import static aerostat.guest.mm.PageReportingDevInfo.PAGE_REPORTING_ORDER_UNSPECIFIED;
import static aerostat.guest.mm.PageReportingDevInfo.PAGE_REPORTING_REQUESTED;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Jiffies;
import aerostat.guest.kernel.Mutex;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/**
 * mm/page_reporting.c: tells one device of free blocks. This is the state machine (balloon-facts
 * E.1); the walk over a zone is {@link PageReportingZone}'s.
 */
public final class PageReporting {
  private PageReporting() {}

  /** PAGE_REPORTING_DELAY, jiffies: it is all the batching there is (REPORT-02). */
  static final long PAGE_REPORTING_DELAY = 2 * Jiffies.HZ;

  static void init() {
    mutex().init();
    long order = Params.number("page_reporting.page_reporting_order", -1);
    if (order > Zone.MAX_PAGE_ORDER || order < -1) {
      Params.invalid("page_reporting.page_reporting_order");
      order = -1;
    }
    setOrder((int) order);
  }

  private static Mutex mutex() {
    return new Mutex(MmData.REPORTING_MUTEX);
  }

  /** pr_dev_info; null when no device is registered. */
  @Bounded(1)
  static PageReportingDevInfo device() {
    long device = Memory.load64(MmData.REPORTING_DEVICE);
    return device == 0 ? null : new PageReportingDevInfo(device);
  }

  /** page_reporting_order: smallest order that is reported, -1 until a device is registered. */
  @Bounded(1)
  public static int order() {
    return Memory.load32(MmData.REPORTING_ORDER);
  }

  private static void setOrder(int order) {
    Memory.store32(MmData.REPORTING_ORDER, order);
  }

  /**
   * page_reporting_register: begins to report to this device, for the first time in two seconds.
   *
   * @param prdev report function, order and capacity are set; it stays where it is
   * @return 0, or -{@link Errno#EBUSY} when there is a device already
   */
  public static int register(PageReportingDevInfo prdev) {
    mutex().lock();
    int error = 0;
    if (device() != null) {
      error = -Errno.EBUSY;
    } else {
      chooseOrder(prdev);
      if (prdev.capacity() <= 0 || prdev.capacity() > PAGE_REPORTING_CAPACITY) {
        prdev.setCapacity(PAGE_REPORTING_CAPACITY);
      }
      prdev.setState(PAGE_REPORTING_IDLE);
      prdev.work().init(PageReporting::process);
      request(prdev);
      Memory.store64(MmData.REPORTING_DEVICE, prdev.address());
      enable();
    }
    mutex().unlock();
    return error;
  }

  /** The static key, which is never switched off again; here it only makes that be said once. */
  private static void enable() {
    if (Memory.load32(MmData.REPORTING_ENABLED) == 0) {
      Memory.store32(MmData.REPORTING_ENABLED, 1);
      Printk.info("Free page reporting enabled\n");
    }
  }

  /** REPORT-16: the parameter, else the driver's, else a page block's; and it stays. */
  private static void chooseOrder(PageReportingDevInfo prdev) {
    if (order() == PAGE_REPORTING_ORDER_UNSPECIFIED) {
      boolean wish = prdev.order() >= 0 && prdev.order() <= Zone.MAX_PAGE_ORDER;
      setOrder(wish ? prdev.order() : Zone.PAGEBLOCK_ORDER);
    }
  }

  /** page_reporting_unregister: no report is under way, and none comes, when this returns. */
  public static void unregister(PageReportingDevInfo prdev) {
    mutex().lock();
    PageReportingDevInfo device = device();
    if (device != null && device.address() == prdev.address()) {
      Memory.store64(MmData.REPORTING_DEVICE, 0);
      var unused = prdev.work().cancelSync();
    }
    mutex().unlock();
  }

  /** page_reporting_notify_free: a block of this order has come to a free list (REPORT-01). */
  static void notifyFree(int order) {
    PageReportingDevInfo prdev = device();
    if (prdev != null && order >= order()) {
      request(prdev);
    }
  }

  /** __page_reporting_request. */
  private static void request(PageReportingDevInfo prdev) {
    int state = prdev.state();
    prdev.setState(PAGE_REPORTING_REQUESTED);
    if (state == PAGE_REPORTING_IDLE) {
      defer(prdev);
    }
  }

  /** REPORT-19: on the freezable queue, so that no report is under way in a suspend. */
  private static void defer(PageReportingDevInfo prdev) {
    var unused = prdev.work().queueOn(Workqueue.systemFreezable(), PAGE_REPORTING_DELAY);
  }

  /** page_reporting_process: one pass. */
  static void process(WorkStruct work) {
    PageReportingDevInfo prdev = PageReportingDevInfo.of(work);
    prdev.setState(PAGE_REPORTING_ACTIVE);
    int bytes = prdev.capacity() * Scatterlist.SIZE;
    // Without memory the pass is left out: there is nobody here whom the OOM killer could kill.
    long sgl = Slab.kmalloc(bytes, Gfp.GFP_KERNEL | Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN);
    if (sgl != 0) {
      // An error ends the pass; whether there is another one, the state says (REPORT-03, -12).
      int error = 0;
      for (Zone zone = Zone.normal(); zone != null && error == 0; zone = zone.next()) {
        error = PageReportingZone.process(prdev, new Scatterlist(sgl), zone);
      }
      Slab.kfree(sgl);
    }
    if (prdev.state() == PAGE_REPORTING_REQUESTED) {
      defer(prdev);
    } else {
      prdev.setState(PAGE_REPORTING_IDLE);
    }
  }
}
