package aerostat.guest.mm;

import static aerostat.guest.mm.ReportingFixture.ACTIVE;
import static aerostat.guest.mm.ReportingFixture.IDLE;
import static aerostat.guest.mm.ReportingFixture.REQUESTED;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Sched;
import aerostat.guest.kernel.Task;
import org.junit.jupiter.api.Test;

/** The state machine of free page reporting, one case for each cell of E.1. */
class ReportingStateTest {
  @Test
  void registerRequestsAPassAfterTwoSeconds() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.free(0, 1);
          PageReporting.register(fix.device);
          assertThat(fix.device.state()).isEqualTo(REQUESTED);
          Sched.msleep(1990);
          assertThat(fix.calls).as("REPORT-02: the delay is all the batching").isEmpty();
          Sched.msleep(20);
          assertThat(fix.calls).hasSize(1);
        });
  }

  @Test
  void idleAndNotifiedBecomesRequestedAndRunsAfterTwoSeconds() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.registerIdle();
          fix.free(0, 1);
          assertThat(fix.device.state()).isEqualTo(REQUESTED);
          assertThat(fix.device.work().work().isPending()).isTrue();
          Sched.msleep(1990);
          assertThat(fix.calls).isEmpty();
          Sched.msleep(20);
          assertThat(fix.calls).hasSize(1);
        });
  }

  @Test
  void report01_aBlockBelowTheOrderNotifiesNobodyUnlessItMerges() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.registerIdle();
          Page block = fix.taken.getFirst();
          block.setRefcount(0);
          for (int i = 0; i < 8; i++) {
            block.plus(i).setRefcount(1);
          }
          for (int i = 0; i < 7; i++) {
            PageAlloc.freePages(block.plus(i), 0);
            assertThat(fix.device.state()).isEqualTo(IDLE);
          }
          PageAlloc.freePages(block.plus(7), 0);
          assertThat(fix.device.state()).as("the merged order counts").isEqualTo(REQUESTED);
        });
  }

  @Test
  void requestedAndNotifiedChangesNothing() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.registerIdle();
          fix.free(0, 1);
          Sched.msleep(1500);
          fix.free(1, 2);
          assertThat(fix.device.state()).isEqualTo(REQUESTED);
          Sched.msleep(510);
          assertThat(fix.calls).as("two seconds from the first block on").hasSize(1);
        });
  }

  @Test
  void requestedBecomesActiveWhenTheWorkStartsAndIdleWhenItEnds() {
    ReportingFixture.run(
        3,
        fix -> {
          int[] state = {-1};
          fix.registerIdle();
          fix.inFlight =
              () -> {
                state[0] = fix.device.state();
                assertThat(Task.current().comm().is("events_freezabl")).as("REPORT-19").isTrue();
              };
          fix.free(0, 1);
          fix.pass();
          assertThat(state[0]).isEqualTo(ACTIVE);
          assertThat(fix.device.state()).isEqualTo(IDLE);
          assertThat(fix.device.work().work().isPending()).isFalse();
          Sched.msleep(10_000);
          assertThat(fix.calls).hasSize(1);
        });
  }

  @Test
  void activeAndNotifiedIsRequestedAndQueuedOnlyWhenTheWorkEnds() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.registerIdle();
          fix.inFlight =
              () -> {
                fix.free(1, 2);
                assertThat(fix.device.state()).isEqualTo(REQUESTED);
                assertThat(fix.device.work().work().isPending()).isFalse();
                fix.inFlight = () -> {};
              };
          fix.free(0, 1);
          fix.pass();
          assertThat(fix.calls).hasSize(1);
          assertThat(fix.device.state()).isEqualTo(REQUESTED);
          assertThat(fix.device.work().work().isPending()).isTrue();
          fix.pass();
          assertThat(fix.calls.getLast()).containsExactly(fix.taken.get(1).pfn());
          assertThat(fix.device.state()).isEqualTo(IDLE);
        });
  }

  @Test
  void activeWithoutBudgetIsRequestedAndQueuedOnlyWhenTheWorkEnds() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.registerIdle();
          fix.free(0, 64);
          fix.pass();
          assertThat(fix.calls).hasSize(2);
          assertThat(fix.device.state()).isEqualTo(REQUESTED);
          assertThat(fix.device.work().work().isPending()).isTrue();
        });
  }

  @Test
  void edge58_unregisterInTheDelayCancelsThePass() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.free(0, 1);
          PageReporting.register(fix.device);
          Sched.msleep(1000);
          PageReporting.unregister(fix.device);
          assertThat(fix.device.work().work().isPending()).isFalse();
          fix.free(1, 2);
          Sched.msleep(10_000);
          assertThat(fix.calls).isEmpty();
          assertThat(PageReporting.register(fix.device)).isZero();
          fix.pass();
          assertThat(fix.calls).hasSize(1);
        });
  }

  @Test
  void unregisterWaitsForTheReportThatIsUnderWay() {
    ReportingFixture.run(
        3,
        fix -> {
          boolean[] done = {false};
          fix.inFlight = () -> Sched.msleep(500);
          fix.free(0, 1);
          PageReporting.register(fix.device);
          Sched.msleep(2100);
          assertThat(fix.calls).hasSize(1);
          Kthread.run(
              data -> {
                PageReporting.unregister(fix.device);
                done[0] = true;
                return 0;
              },
              0,
              "rmmod");
          Sched.msleep(100);
          assertThat(done[0]).isFalse();
          Sched.msleep(500);
          assertThat(done[0]).isTrue();
          assertThat(fix.list(3)).as("back on its list").hasSize(1);
        });
  }

  @Test
  void aRequestThatTheCancelledPassLeavesIsNotQueued() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.inFlight = () -> Sched.msleep(500);
          fix.free(0, 64);
          PageReporting.register(fix.device);
          Sched.msleep(2100);
          PageReporting.unregister(fix.device);
          int calls = fix.calls.size();
          Sched.msleep(10_000);
          assertThat(fix.calls).hasSize(calls);
        });
  }

  @Test
  void report03_withoutMemoryForTheArrayThePassEndsIdle() {
    ReportingFixture.run(
        3,
        fix -> {
          fix.device.setCapacity(32);
          fix.registerIdle();
          fix.free(0, 1);
          int take = Gfp.__GFP_MEMALLOC | Gfp.__GFP_NOWARN;
          while (Slab.kmalloc(32 * 16, take) != 0) {
            // Until there is no object of the array's size.
          }
          fix.pass();
          assertThat(fix.calls).isEmpty();
          assertThat(fix.device.state()).isEqualTo(IDLE);
        });
  }

  @Test
  void edge55_mm07_whatStaysInTheCpusListsIsNotHeardOf() {
    ReportingFixture.run(
        3,
        fix -> {
          PerCpuPages.setUp(Zone.normal());
          fix.registerIdle();
          fix.free(0, 1);
          assertThat(fix.device.state()).isEqualTo(IDLE);
          Sched.msleep(10_000);
          assertThat(fix.calls).isEmpty();
          FreeMemory.drain();
          assertThat(fix.device.state()).isEqualTo(REQUESTED);
        });
    ReportingFixture.run(
        10,
        fix -> {
          PerCpuPages.setUp(Zone.normal());
          fix.registerIdle();
          PageAlloc.freePages(fix.taken.getFirst(), 10);
          assertThat(fix.device.state()).as("order 10 goes to the zone").isEqualTo(REQUESTED);
        });
  }
}
