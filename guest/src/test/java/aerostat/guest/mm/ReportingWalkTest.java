package aerostat.guest.mm;

import static aerostat.guest.mm.ReportingFixture.IDLE;
import static aerostat.guest.mm.ReportingFixture.REQUESTED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The exact batches of free page reporting: REPORT-04 to REPORT-15. Four pieces a report. */
class ReportingWalkTest {
  private static final int MOVABLE = FreeArea.MIGRATE_MOVABLE;
  private static final int RECLAIMABLE = FreeArea.MIGRATE_RECLAIMABLE;

  static List<Long> flat(List<List<Long>> calls) {
    return calls.stream().flatMap(List::stream).toList();
  }

  @Test
  void report07_theArrayIsFilledFromItsEndAndTheListIsRotated() {
    ReportingFixture.run(
        3,
        fix -> {
          List<Long> b = fix.free(0, 6);
          assertThat(fix.list(3)).isEqualTo(b.reversed());
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(fix.calls)
              .containsExactly(
                  List.of(b.get(2), b.get(3), b.get(4), b.get(5)), List.of(b.get(0), b.get(1)));
          assertThat(fix.list(3))
              .as("put back to the tail in the array's order")
              .containsExactly(b.get(2), b.get(3), b.get(4), b.get(5), b.get(0), b.get(1));
          assertThat(b).allMatch(ReportingFixture::reported);
        });
  }

  @Test
  void report09_aFullArrayWaitsForAnotherBlockOrTheEndOfTheZone() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.free(0, 4);
          List<Integer> listLength = new ArrayList<>();
          fix.inFlight = () -> listLength.add(fix.list(3).size());
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(fix.calls).hasSize(1);
          assertThat(fix.calls.getFirst()).hasSize(4);
          assertThat(listLength).as("the list's walk was over").containsExactly(0);
        });
  }

  @Test
  void report08_theArrayCarriesOverTypesAndOrders() {
    ReportingFixture.run(
        3,
        fix -> {
          List<Long> three = fix.free(0, 2);
          Page five = merged(fix, 5);
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(fix.calls).hasSize(1);
          assertThat(fix.calls.getFirst())
              .as("REPORT-05: smaller orders first")
              .containsExactly(five.pfn(), three.get(0), three.get(1));
          assertThat(fix.orders.getFirst()).containsExactly(5, 3, 3);
        });
  }

  /** A free block of a larger order, made of taken ones and of their buddies. */
  static Page merged(ReportingFixture fix, int order) {
    long size = 1L << order;
    int n = (int) (size >> (fix.order + 1));
    for (int i = 4; ; i++) {
      Page first = fix.taken.get(i);
      boolean whole =
          (first.pfn() & (size - 1)) == 0
              && fix.taken.get(i + n - 1).pfn() == first.pfn() + size - (2L << fix.order);
      if (whole) {
        for (long at = 0; at < size; at += 1L << fix.order) {
          PageAlloc.freePages(first.plus(at), fix.order);
        }
        assertThat(first.isBuddyOfOrder(order)).isTrue();
        return first;
      }
    }
  }

  @Test
  void report05_typesInTheirOrderWithinAnOrder() {
    ReportingFixture.run(
        3,
        fix -> {
          Page first = fix.taken.getFirst();
          Page last = fix.taken.getLast();
          Pageblock.setMigratetype(last, FreeArea.MIGRATE_UNMOVABLE);
          PageAlloc.freePages(first, 3);
          PageAlloc.freePages(last, 3);
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(fix.calls).containsExactly(List.of(first.pfn(), last.pfn()));
          assertThat(ReportingFixture.list(3, FreeArea.MIGRATE_UNMOVABLE))
              .as("REPORT-14: small blocks keep their type")
              .containsExactly(last.pfn());
        });
  }

  @Test
  void edge39_report06_budgetPlusOneCallsAPassAndOnFromTheRightPage() {
    ReportingFixture.run(
        3,
        fix -> {
          // ceil(70 / (4 * 16)) = 2.
          List<Long> b = fix.free(0, 70);
          PageReporting.register(fix.device);
          int[] perPass = {12, 12, 12, 12, 12, 10};
          List<Long> expected = b.reversed();
          int done = 0;
          for (int n : perPass) {
            fix.calls.clear();
            fix.pass();
            assertThat(fix.calls).hasSize(3);
            assertThat(flat(fix.calls))
                .containsExactlyInAnyOrderElementsOf(expected.subList(done, done + n));
            done += n;
            assertThat(fix.device.state()).isEqualTo(done < 70 ? REQUESTED : IDLE);
            if (done < 70) {
              assertThat(fix.list(3).getFirst())
                  .as("REPORT-10: the next pass begins where this one stopped")
                  .isEqualTo(expected.get(done));
            }
          }
          assertThat(b).allMatch(ReportingFixture::reported);
          fix.calls.clear();
          fix.pass();
          assertThat(fix.calls).isEmpty();
        });
  }

  @Test
  void report08_aThousandBlocksTakeThreeCallsOf32APass() {
    ReportingFixture.run(
        2,
        fix -> {
          fix.device.setCapacity(0);
          fix.free(0, 1000);
          PageReporting.register(fix.device);
          assertThat(fix.device.capacity()).as("REPORT-17").isEqualTo(32);
          fix.pass();
          assertThat(fix.calls).hasSize(3).allMatch(call -> call.size() == 32);
          assertThat(fix.device.state()).isEqualTo(REQUESTED);
        });
  }

  @Test
  void report06_theBudgetCountsAllTypesOfTheOrder() {
    ReportingFixture.run(
        3,
        fix -> {
          int n = fix.taken.size();
          fix.free(0, 40);
          fix.taken.subList(n - 30, n).forEach(page -> Pageblock.setMigratetype(page, RECLAIMABLE));
          fix.free(n - 30, n);
          assertThat(fix.list(3)).hasSize(40);
          assertThat(ReportingFixture.list(3, RECLAIMABLE)).hasSize(30);
          PageReporting.register(fix.device);
          fix.pass();
          // 70 blocks of the order: a budget of 2, so 3 calls, for each of the two lists.
          assertThat(fix.calls).hasSize(6);
        });
  }

  @Test
  void edge38_report04_nothingIsReportedNearTheLowWatermark() {
    ReportingFixture.run(
        3,
        fix -> {
          Zone zone = Zone.normal();
          fix.free(0, 4);
          PageReporting.register(fix.device);
          zone.setWatermark(Zone.WMARK_LOW, zone.freePages() - (4 << 3));
          fix.pass();
          assertThat(fix.calls).as("not strictly above").isEmpty();
          assertThat(fix.device.state()).isEqualTo(IDLE);
          zone.setWatermark(Zone.WMARK_LOW, zone.freePages() + 8 - (4 << 3) - 1);
          fix.free(4, 5);
          fix.pass();
          assertThat(flat(fix.calls)).hasSize(5);
        });
  }

  @Test
  void edge38_report14_isolationStopsAtTheMinWatermark() {
    ReportingFixture.run(
        3,
        fix -> {
          Zone zone = Zone.normal();
          List<Long> b = fix.free(0, 4);
          PageReporting.register(fix.device);
          // Two blocks may go: free > min + 8 before each of them.
          zone.setWatermark(Zone.WMARK_MIN, zone.freePages() - 8 - 8 - 1);
          zone.setWatermark(Zone.WMARK_LOW, 0);
          fix.pass();
          assertThat(fix.calls).containsExactly(List.of(b.get(2), b.get(3)));
          assertThat(fix.list(3).getFirst()).as("REPORT-10").isEqualTo(b.get(1));
          assertThat(fix.device.state()).isEqualTo(IDLE);
        });
  }

  @Test
  void report14_aLargeBlockBecomesMovable() {
    ReportingFixture.run(
        9,
        fix -> {
          Page block = fix.taken.getFirst();
          Pageblock.setMigratetype(block, FreeArea.MIGRATE_UNMOVABLE);
          PageAlloc.freePages(block, 9);
          assertThat(ReportingFixture.list(9, FreeArea.MIGRATE_UNMOVABLE)).hasSize(1);
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(Pageblock.migratetype(block)).isEqualTo(MOVABLE);
          assertThat(fix.list(9)).containsExactly(block.pfn());
          assertThat(fix.calls).as("not once more in its new list").hasSize(1);
        });
  }

  /** Frees blocks to the tail, as boot does and as a likely merge does: behind reported ones. */
  private static List<Long> freeToTail(ReportingFixture fix, int from, int to) {
    List<Long> pfns = new ArrayList<>();
    for (int i = from; i < to; i++) {
      Page page = fix.taken.get(i);
      page.setRefcount(0);
      Buddy.free(Zone.normal(), page, fix.order, MOVABLE, Buddy.FPI_TO_TAIL);
      pfns.add(page.pfn());
    }
    return pfns;
  }

  @Test
  void report10_behindReportedBlocksThePageWhereThePassStoppedComesFirst() {
    ReportingFixture.run(
        3,
        fix -> {
          Zone zone = Zone.normal();
          fix.free(0, 2);
          PageReporting.register(fix.device);
          fix.pass();
          List<Long> fresh = freeToTail(fix, 2, 4);
          zone.setWatermark(Zone.WMARK_MIN, zone.freePages() - 8 - 1);
          fix.pass();
          assertThat(fix.calls.getLast()).containsExactly(fresh.getFirst());
          assertThat(fix.list(3).getFirst()).isEqualTo(fresh.getLast());
        });
  }

  @Test
  void report07_theFirstBlockThatFoundNoRoomComesFirstWhileTheOthersAreOut() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.free(0, 2);
          PageReporting.register(fix.device);
          fix.pass();
          List<Long> fresh = freeToTail(fix, 2, 7);
          fix.inFlight =
              () -> {
                assertThat(fix.list(3).getFirst()).isEqualTo(fresh.getLast());
                fix.inFlight = () -> {};
              };
          fix.pass();
          assertThat(fix.calls).hasSize(3);
        });
  }
}
