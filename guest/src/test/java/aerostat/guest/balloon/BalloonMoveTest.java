package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.balloon;
import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Errno;
import aerostat.guest.mm.MemoryFailure;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.SysInfo;
import aerostat.guest.mm.VmStat;
import aerostat.guest.mm.Zone;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages in the balloon that are moved: CLASSIC-13 to CLASSIC-15. */
class BalloonMoveTest {
  private static Page first() {
    return Page.ofLru(balloon().pages().next());
  }

  /** P numbers a message; the new page goes first, then the old one comes back (CLASSIC-14). */
  @ParameterizedTest
  @ValueSource(ints = {12, 14, 16})
  void classic14_theNewPageIsInflatedBeforeTheOldOneIsDeflated(int shift) {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        "page_shift=" + shift,
        () -> {
          int p = 1 << (shift - 12);
          model.setTarget(32);
          settle();
          long total = SysInfo.totalRam();
          model.inflated.clear();
          model.events.clear();
          model.device.log.clear();
          Page old = first();
          assertThat(MemoryFailure.softOffline(old)).isZero();
          assertThat(model.events).containsExactly("inflate " + p, "deflate " + p);
          assertThat(model.deflated.getLast().getFirst()).isEqualTo((int) old.pfn());
          assertThat(model.inflated.getFirst().getFirst()).isEqualTo((int) first().pfn());
          assertThat(balloon().numPages()).as("held").isEqualTo(32);
          assertThat(model.device.log).as("actual is not written").doesNotContain("104=20");
          assertThat(SysInfo.totalRam()).isEqualTo(total);
          assertThat(VmStat.event(VmStat.BALLOON_MIGRATE)).isEqualTo(1);
          assertThat(model.held).hasSize(32).doesNotContain((int) old.pfn());
        });
  }

  /** EDGE-08: with and without the feature, whichever zones the pages are in. */
  @Test
  void classic13_eachZonesManagedPagesAreRight() {
    for (boolean oom : new boolean[] {false, true}) {
      ModelBalloon model = new ModelBalloon(oom ? features(BalloonIds.F_DEFLATE_ON_OOM) : 0);
      BalloonFixture.run(
          model,
          "movablecore=16M",
          () -> {
            long normal = Zone.normal().managedPages();
            long movable = Zone.movable().managedPages();
            model.setTarget(6000); // ZONE_MOVABLE first, then the other
            settle();
            List<Page> pages = new ArrayList<>();
            balloonPages().stream()
                .filter(p -> Zone.of(p).isMovable())
                .limit(20)
                .forEach(pages::add);
            long before = Zone.movable().managedPages();
            assertThat(before).isEqualTo(oom ? movable : movable - movableHeld());
            assertThat(pages).hasSize(20);
            for (Page page : pages) {
              assertThat(MemoryFailure.softOffline(page)).isZero();
            }
            assertThat(pages).noneMatch(balloonPages()::contains);
            assertThat(Zone.movable().managedPages())
                .as("managed + held = constant, in each zone")
                .isEqualTo(oom ? movable : movable - movableHeld());
            assertThat(Zone.normal().managedPages())
                .isEqualTo(oom ? normal : normal - (6000 - movableHeld()));
            assertThat(Zone.movable().managedPages()).isEqualTo(oom ? before : before + 20);
            model.setTarget(0);
            settle();
            assertThat(Zone.normal().managedPages()).isEqualTo(normal);
            assertThat(Zone.movable().managedPages()).isEqualTo(movable);
            assertThat(SysInfo.totalRam()).isEqualTo(normal + movable);
          });
    }
  }

  private static List<Page> balloonPages() {
    List<Page> pages = new ArrayList<>();
    var list = balloon().pages();
    for (var at = list.next(); !list.is(at); at = at.next()) {
      pages.add(Page.ofLru(at));
    }
    return pages;
  }

  private static long movableHeld() {
    return balloonPages().stream().filter(page -> Zone.of(page).isMovable()).count();
  }

  /** A try-lock: the one who moves does not wait for a round that is under way. */
  @Test
  void classic14_whileTheBalloonIsBusyItIsAgain() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(10);
          settle();
          model.stalled = true;
          model.setTarget(20);
          settle();
          Page page = first();
          assertThat(page.isOffline()).isTrue();
          assertThat(MemoryFailure.softOffline(page)).isEqualTo(-Errno.EAGAIN);
          assertThat(balloon().isolated()).as("put back").isZero();
          model.stalled = false;
          model.serve(0);
          settle();
          assertThat(MemoryFailure.softOffline(page)).isZero();
        });
  }

  @Test
  void classic15_isolatedPagesCannotBeDeflated() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(2);
          settle();
          BalloonMove ops = new BalloonMove();
          Page one = first();
          assertThat(ops.isolate(one)).isTrue();
          Page other = first();
          assertThat(ops.isolate(other)).isTrue();
          assertThat(Inflate.leak(balloon(), 2)).as("none, and no BUG").isZero();
          assertThat(balloon().numPages()).isEqualTo(2);
          ops.putBack(one);
          assertThat(Inflate.leak(balloon(), 2)).isEqualTo(1);
          ops.putBack(other);
          assertThat(Inflate.leak(balloon(), 2)).isEqualTo(1);
          assertThat(balloon().numPages()).isZero();
        });
  }

  @Test
  void aBrokenQueueLeavesBothPagesToTheDevice() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(4);
          settle();
          model.stalled = true;
          model.device.onNotify = queue -> model.device.push(queue, 99, 0);
          assertThat(MemoryFailure.softOffline(first())).isEqualTo(-Errno.EIO);
          assertThat(balloon().numPages()).isEqualTo(5);
          assertThat(balloonPages()).hasSize(5);
        });
  }

  /** A page that a round is giving back is nobody's to move. */
  @Test
  void aPageUnderDeflationIsNotMoved() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(3);
          settle();
          Page page = first();
          model.stalled = true;
          model.setTarget(0);
          settle();
          assertThat(MemoryFailure.softOffline(page)).isEqualTo(-Errno.EBUSY);
          model.stalled = false;
          model.serve(1);
          settle();
          assertThat(model.held).isEmpty();
        });
  }
}
