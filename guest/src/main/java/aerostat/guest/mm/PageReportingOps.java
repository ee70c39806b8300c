package aerostat.guest.mm;

import aerostat.guest.kernel.Scatterlist;

/** The report function of struct page_reporting_dev_info. In process context; may sleep. */
public interface PageReportingOps {
  /**
   * Tells the device of free pages and returns when it has taken note (REPORT-18, REPORT-20).
   *
   * @param sgl first of the pieces, each one free block
   * @param nents pieces, 1 to the device's capacity
   * @return 0, or -errno: the pages count as not reported then (REPORT-12)
   */
  int report(PageReportingDevInfo prdev, Scatterlist sgl, int nents);
}
