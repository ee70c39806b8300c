package aerostat.guest.mm;

import aerostat.guest.kernel.Scatterlist;

/** mm/page_reporting.c: the walk over a zone's free lists. */
final class PageReportingZone {
  private PageReportingZone() {}

  /** page_reporting_process_zone: 0, or the error of a report. */
  static int process(PageReportingDevInfo prdev, Scatterlist sgl, Zone zone) {
    return 0;
  }
}
