package aerostat.devices.balloon;

import aerostat.mmio.memory.GuestMemory;

/**
 * Joins page numbers that arrive one by one into runs: drivers send neighbours in rising or falling
 * order, and one discard of a run costs little more than one of a page.
 */
final class PageRuns {
  /** Takes a run of pages. */
  interface Sink {
    /**
     * @param gpa of the first page
     * @param pages at least 1
     */
    void run(long gpa, long pages);
  }

  private final Sink sink;
  private long first;
  private long pages;

  PageRuns(Sink sink) {
    this.sink = sink;
  }

  void add(long pfn) {
    if (pages > 0 && pfn == first + pages) {
      pages++;
    } else if (pages > 0 && pfn == first - 1) {
      first--;
      pages++;
    } else {
      flush();
      first = pfn;
      pages = 1;
    }
  }

  void flush() {
    if (pages > 0) {
      sink.run(first << GuestMemory.PAGE_SHIFT, pages);
      pages = 0;
    }
  }
}
