package aerostat.devices.balloon;

import aerostat.mmio.memory.GuestMemory;

/**
 * Joins pages and ranges that arrive one by one into runs: drivers send neighbours in rising or
 * falling order, and one discard of a run costs little more than one of a page.
 */
public final class PageRuns {
  /** Takes a run of pages. */
  public interface Sink {
    /**
     * Takes one.
     *
     * @param gpa of the first page
     * @param pages at least 1
     */
    void run(long gpa, long pages);
  }

  private final Sink sink;
  private long first;
  private long pages;

  public PageRuns(Sink sink) {
    this.sink = sink;
  }

  /** Adds one page. */
  public void add(long pfn) {
    add(pfn, 1);
  }

  /**
   * Adds a range.
   *
   * @param count pages, at least 1
   */
  public void add(long pfn, long count) {
    if (pages > 0 && pfn == first + pages) {
      pages += count;
    } else if (pages > 0 && pfn == first - count) {
      first = pfn;
      pages += count;
    } else {
      flush();
      first = pfn;
      pages = count;
    }
  }

  /** Ends the current run, if there is one. */
  public void flush() {
    if (pages > 0) {
      long count = pages;
      pages = 0; // first: a sink that throws must not be given the run again
      sink.run(first << GuestMemory.PAGE_SHIFT, count);
    }
  }

  /** Drops the current run, of an element that was not read to its end. */
  public void drop() {
    pages = 0;
  }
}
