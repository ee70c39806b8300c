package aerostat.guest.mm;

import static aerostat.guest.mm.ReportingFixture.IDLE;
import static aerostat.guest.mm.ReportingFixture.REQUESTED;
import static aerostat.guest.mm.ReportingFixture.reported;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Errno;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Blocks that were out, and what is known of them afterwards: REPORT-11 to REPORT-13, REPORT-15.
 */
class ReportingPutBackTest {
  @Test
  void edge35_report11_aBlockThatMergesIsReportedAgainAtItsNewOrderAndThenNoMore() {
    ReportingFixture.run(
        9,
        fix -> {
          Page half = fix.taken.getFirst();
          Page other = half.plus(512);
          PageAlloc.freePages(half, 9);
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(fix.calls).containsExactly(List.of(half.pfn()));
          PageAlloc.freePages(other, 9);
          assertThat(reported(half.pfn())).as("REPORT-13: the merge loses it").isFalse();
          fix.pass();
          assertThat(fix.calls).hasSize(2);
          assertThat(fix.calls.getLast()).containsExactly(half.pfn());
          assertThat(fix.orders.getLast()).containsExactly(10);
          fix.pass();
          assertThat(fix.calls).hasSize(2);
          assertThat(reported(half.pfn())).isTrue();
        });
  }

  @Test
  void report11_aBlockThatMergesWhileItIsOutIsNotMarkedReported() {
    ReportingFixture.run(
        9,
        fix -> {
          Page half = fix.taken.getFirst();
          fix.inFlight =
              () -> {
                PageAlloc.freePages(half.plus(512), 9);
                fix.inFlight = () -> {};
              };
          PageAlloc.freePages(half, 9);
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(half.isBuddyOfOrder(10)).isTrue();
          assertThat(reported(half.pfn())).isFalse();
          assertThat(fix.device.state()).isEqualTo(REQUESTED);
          fix.pass();
          assertThat(fix.orders).containsExactly(List.of(9), List.of(10));
        });
  }

  @Test
  void edge36_report13_aBlockThatWasUsedIsReportedAgain() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.free(0, 1);
          PageReporting.register(fix.device);
          fix.pass();
          Page page = PageAlloc.allocPages(Gfp.__GFP_MOVABLE | Gfp.__GFP_MEMALLOC, 3);
          assertThat(page.pfn()).isEqualTo(fix.taken.getFirst().pfn());
          assertThat(page.flags()).isZero();
          PageAlloc.freePages(page, 3);
          assertThat(page.isReported()).isFalse();
          fix.pass();
          assertThat(fix.calls).containsExactly(List.of(page.pfn()), List.of(page.pfn()));
        });
  }

  @Test
  void report13_aSplitLosesTheFlagOfAllParts() {
    ReportingFixture.run(
        3,
        fix -> {
          Page five = ReportingWalkTest.merged(fix, 5);
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(five.isReported()).isTrue();
          Page part = PageAlloc.allocPages(Gfp.__GFP_MOVABLE | Gfp.__GFP_MEMALLOC, 3);
          assertThat(part.pfn()).isEqualTo(five.pfn());
          assertThat(five.plus(8).isReported()).isFalse();
          assertThat(five.plus(16).isReported()).isFalse();
        });
  }

  @Test
  void edge37_report12_anErrorPutsThePagesBackUnflaggedAndEndsThePass() {
    ReportingFixture.run(
        3,
        fix -> {
          List<Long> b = fix.free(0, 9);
          long free = Zone.normal().freePages();
          fix.error = -Errno.ENOSPC;
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(fix.calls).as("the pass is over").hasSize(1);
          assertThat(fix.list(3)).containsExactlyInAnyOrderElementsOf(b);
          assertThat(b).noneMatch(ReportingFixture::reported);
          assertThat(Zone.normal().freePages()).isEqualTo(free);
          assertThat(fix.device.state()).as("no retry by itself").isEqualTo(IDLE);
          fix.error = 0;
          fix.free(9, 10);
          fix.pass();
          fix.pass();
          assertThat(ReportingWalkTest.flat(fix.calls.subList(1, fix.calls.size()))).hasSize(10);
        });
  }

  @Test
  void report12_anErrorOfTheLeftoversKeepsThemUnflaggedToo() {
    ReportingFixture.run(
        3,
        fix -> {
          List<Long> b = fix.free(0, 2);
          fix.error = -Errno.EIO;
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(fix.calls).hasSize(1);
          assertThat(b).noneMatch(ReportingFixture::reported);
          assertThat(fix.list(3)).hasSize(2);
        });
  }

  @Test
  void report15_whatIsOutCannotBeAllocated() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.free(0, 2);
          long free = Zone.normal().freePages();
          boolean[] seen = {false};
          fix.inFlight =
              () -> {
                assertThat(Zone.normal().freePages()).isEqualTo(free - 16);
                int gfp = Gfp.__GFP_MOVABLE | Gfp.__GFP_MEMALLOC | Gfp.__GFP_NOWARN;
                assertThat(PageAlloc.allocPages(gfp, 3)).isNull();
                seen[0] = true;
              };
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(seen[0]).isTrue();
          assertThat(Zone.normal().freePages()).isEqualTo(free);
        });
  }

  @Test
  void report01_putBackDoesNotNotify() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.free(0, 8);
          PageReporting.register(fix.device);
          fix.pass();
          assertThat(fix.calls).hasSize(2);
          assertThat(fix.device.state()).isEqualTo(IDLE);
        });
  }
}
