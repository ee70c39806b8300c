package aerostat.guest.mm;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Scatterlist;

/** mm/page_reporting.c: the walk over a zone's free lists. */
final class PageReportingZone {
  private PageReportingZone() {}

  /** The budget is a sixteenth of a list, at least one report (REPORT-06). */
  private static final int PASSES = 16;

  /**
   * page_reporting_process_zone: one pass over the lists, smallest order first (REPORT-05), if the
   * zone has enough above its low watermark (REPORT-04).
   *
   * @param sgl room for as many pieces as the device takes
   * @return 0, or the error of a report
   */
  static int process(PageReportingDevInfo prdev, Scatterlist sgl, Zone zone) {
    int capacity = prdev.capacity();
    int lowest = PageReporting.order();
    long watermark = zone.watermark(Zone.WMARK_LOW) + ((long) capacity << lowest);
    if (!zone.watermarkOk(0, watermark)) {
      return 0;
    }
    // Free room at the array's start: it is filled from its end, over lists and orders (REPORT-08).
    int room = capacity;
    for (int order = lowest; order < Zone.NR_PAGE_ORDERS; order++) {
      for (int type = 0; type < FreeArea.MIGRATE_ISOLATE; type++) {
        room = cycle(prdev, zone, order, type, sgl, room);
        if (room < 0) {
          return room;
        }
      }
    }
    return room < capacity ? report(prdev, zone, sgl.at(room), capacity - room) : 0;
  }

  /**
   * page_reporting_cycle: one list (REPORT-07). Returns the room that is left in the array, or the
   * error of a report.
   */
  private static int cycle(
      PageReportingDevInfo prdev, Zone zone, int order, int type, Scatterlist sgl, int room) {
    FreeArea area = zone.freeArea(order);
    ListHead list = area.freeList(type);
    if (list.isEmpty()) {
      return room;
    }
    int flags = zone.lock().lockIrqsave();
    int perBudget = prdev.capacity() * PASSES;
    long budget = (area.nrFree() + perBudget - 1) / perBudget;
    int left = room;
    int error = 0;
    ListHead at = list.next();
    while (!list.is(at)) {
      Page page = Page.ofLru(at);
      if (page.isReported()) {
        at = at.next();
      } else if (budget < 0) {
        prdev.setState(PageReportingDevInfo.PAGE_REPORTING_REQUESTED);
        break;
      } else if (left > 0) {
        ListHead next = at.next();
        if (!FreePageIsolation.isolate(zone, page, order)) {
          break;
        }
        left--;
        sgl.at(left).set(page.virtual(), Page.PAGE_SIZE << order);
        at = next;
      } else {
        // Full, and there is another block: only now it is reported (REPORT-09).
        rotateTo(list, at);
        zone.lock().unlockIrqrestore(flags);
        error = report(prdev, zone, sgl, prdev.capacity());
        flags = zone.lock().lockIrqsave();
        left = prdev.capacity();
        budget--;
        at = list.next();
        if (error != 0) {
          break;
        }
      }
    }
    if (!list.is(at)) {
      rotateTo(list, at);
    }
    zone.lock().unlockIrqrestore(flags);
    return error != 0 ? error : left;
  }

  /** REPORT-10: what is not reported yet comes first, and the next pass begins there. */
  private static void rotateTo(ListHead list, ListHead first) {
    if (list.next().address() != first.address()) {
      list.rotateToFront(first);
    }
  }

  /** One call of the driver, without the zone's lock; then the blocks go back. */
  private static int report(PageReportingDevInfo prdev, Zone zone, Scatterlist sgl, int nents) {
    int error = -Math.abs(prdev.report(sgl, nents));
    int flags = zone.lock().lockIrqsave();
    for (int i = 0; i < nents; i++) {
      drain(zone, sgl.at(i), error == 0);
    }
    zone.lock().unlockIrqrestore(flags);
    return error;
  }

  /** page_reporting_drain: a block that merged waits for its new order's turn (REPORT-11). */
  private static void drain(Zone zone, Scatterlist piece, boolean reported) {
    Page page = Page.ofAddress(piece.start());
    int order = Slab.getOrder(piece.length());
    FreePageIsolation.putBack(zone, page, order, Pageblock.migratetype(page));
    if (reported && page.isBuddyOfOrder(order)) {
      page.setReported();
    }
  }
}
