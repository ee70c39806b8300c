package aerostat.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Jiffies;
import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.kernel.Sched;
import aerostat.guest.plain.PlainKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A small zone whose free blocks a test chooses, and a device that keeps what it is told. */
final class ReportingFixture {
  static final int IDLE = PageReportingDevInfo.PAGE_REPORTING_IDLE;
  static final int REQUESTED = PageReportingDevInfo.PAGE_REPORTING_REQUESTED;
  static final int ACTIVE = PageReportingDevInfo.PAGE_REPORTING_ACTIVE;

  /** Pages of the blocks of {@link #taken}. */
  final int order;

  /** Blocks that nobody has, by ascending pfn, no two of which are buddies. */
  final List<Page> taken = new ArrayList<>();

  /** Every call of the device: the pfns, in the array's order. */
  final List<List<Long>> calls = new ArrayList<>();

  /** Order of the pieces, by call. */
  final List<List<Integer>> orders = new ArrayList<>();

  /** What happens while the device has the pages. */
  Runnable inFlight = () -> {};

  int error;
  PageReportingDevInfo device;

  private ReportingFixture(int order) {
    this.order = order;
  }

  /**
   * Boots 64 MiB, takes all of it in blocks of this order, and gives back what threads need in
   * smaller blocks. The watermarks are next to nothing.
   */
  static String run(int order, Consumer<ReportingFixture> body) {
    return PlainKernel.run(
        64 << 20,
        "page_reporting.page_reporting_order=" + order,
        () -> {
          ReportingFixture fixture = new ReportingFixture(order);
          fixture.takeAll();
          body.accept(fixture);
        });
  }

  private void takeAll() {
    int take = Gfp.__GFP_MOVABLE | Gfp.__GFP_MEMALLOC | Gfp.__GFP_NOWARN;
    FreeMemory.bootPageset();
    MmInit.setWatermarks(Zone.normal(), 0);
    // REPORT-04 has tests of its own.
    Zone.normal().setWatermark(Zone.WMARK_LOW, -(32L << order));
    device = device();
    // The first pass makes the queue's second worker.
    assertThat(PageReporting.register(device)).isZero();
    pass();
    PageReporting.unregister(device);
    calls.clear();
    orders.clear();
    // The kernel's own pages come from page blocks of their own.
    int kernel = Gfp.__GFP_MEMALLOC;
    List<Page> small = new ArrayList<>();
    for (int i = 0; i < 96; i++) {
      small.add(PageAlloc.allocPages(kernel, i % 3));
    }
    Page page = PageAlloc.allocPages(take, order);
    while (page != null) {
      taken.add(page);
      page = PageAlloc.allocPages(take, order);
    }
    taken.removeIf(
        block ->
            (block.pfn() & (1L << order)) != 0
                || Pageblock.migratetype(block) != FreeArea.MIGRATE_MOVABLE);
    taken.sort((a, b) -> Long.compare(a.pfn(), b.pfn()));
    for (int i = 0; i < small.size(); i++) {
      // So that no two of them merge.
      if ((small.get(i).pfn() & (1L << i % 3)) == 0) {
        PageAlloc.freePages(small.get(i), i % 3);
      }
    }
    assertThat(taken).allMatch(block -> block.refcount() == 1);
  }

  /** Another device, of four pieces a report. */
  PageReportingDevInfo device() {
    PageReportingDevInfo info =
        new PageReportingDevInfo(Slab.kzalloc(PageReportingDevInfo.SIZE, Gfp.GFP_KERNEL));
    info.setReport(this::report);
    info.setOrder(PageReportingDevInfo.PAGE_REPORTING_ORDER_UNSPECIFIED);
    info.setCapacity(4);
    return info;
  }

  private int report(PageReportingDevInfo prdev, Scatterlist sgl, int nents) {
    assertThat(Zone.normal().lock().isLocked()).isFalse();
    List<Long> pfns = new ArrayList<>();
    List<Integer> lengths = new ArrayList<>();
    for (int i = 0; i < nents; i++) {
      pfns.add(sgl.at(i).start() >> Page.PAGE_SHIFT);
      lengths.add(Slab.getOrder(sgl.at(i).length()));
    }
    calls.add(pfns);
    orders.add(lengths);
    inFlight.run();
    return error;
  }

  /** Registers the device and lets the first pass, which finds nothing to do, go by. */
  void registerIdle() {
    assertThat(PageReporting.register(device)).isZero();
    pass();
    assertThat(device.state()).isEqualTo(IDLE);
    calls.clear();
    orders.clear();
  }

  /** Sleeps until after the next pass. */
  void pass() {
    Sched.msleep(Jiffies.toMillis(PageReporting.PAGE_REPORTING_DELAY) + 5);
  }

  /** Frees these blocks one after the other; returns their pfns. */
  List<Long> free(int from, int to) {
    List<Long> pfns = new ArrayList<>();
    for (int i = from; i < to; i++) {
      PageAlloc.freePages(taken.get(i), order);
      pfns.add(taken.get(i).pfn());
    }
    return pfns;
  }

  List<Long> list(int order) {
    return list(order, FreeArea.MIGRATE_MOVABLE);
  }

  /** The pfns of a free list, from its head. */
  static List<Long> list(int order, int type) {
    List<Long> pfns = new ArrayList<>();
    ListHead list = Zone.normal().freeArea(order).freeList(type);
    for (ListHead at = list.next(); !list.is(at); at = at.next()) {
      pfns.add(Page.ofLru(at).pfn());
    }
    return pfns;
  }

  static boolean reported(long pfn) {
    return Page.ofPfn(pfn).isReported();
  }
}
