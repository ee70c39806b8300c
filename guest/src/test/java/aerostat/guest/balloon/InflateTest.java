package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Cpu;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Oom;
import aerostat.guest.mm.Page;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.mm.SysInfo;
import aerostat.guest.virtio.VirtioBus;
import aerostat.guest.virtio.VirtioIds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Inflate, deflate, actual, shortage: CLASSIC rules. */
class InflateTest {
  private static List<Integer> reversed(List<Integer> list) {
    List<Integer> copy = new ArrayList<>(list);
    Collections.reverse(copy);
    return copy;
  }

  @Test
  void classic03_roundsOfAtMost256UntilTheTarget() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(600);
          settle();
          assertThat(model.events).containsExactly("inflate 256", "inflate 256", "inflate 88");
          assertThat(model.device.log.stream().filter(l -> l.startsWith("104=")))
              .containsExactly("104=100", "104=200", "104=258");
          assertThat(model.held).hasSize(600);
          model.setTarget(100);
          settle();
          assertThat(model.events.subList(3, 5)).containsExactly("deflate 256", "deflate 244");
          assertThat(model.actual()).isEqualTo(100);
        });
  }

  /** HFIX-03. */
  @Test
  void classic03_nothingToDoWritesNothing() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(0);
          settle();
          assertThat(model.device.log).noneMatch(l -> l.startsWith("104="));
        });
  }

  @Test
  void aTargetFromBeforeTheDriverIsFollowed() {
    ModelBalloon model = new ModelBalloon(0);
    model.device.setConfig32(0, 10);
    BalloonFixture.run(
        model,
        () -> {
          settle();
          assertThat(model.actual()).isEqualTo(10);
        });
  }

  @Test
  void classic06_pfnsGoInReverseAndComeBackLastInFirstOut() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(300);
          settle();
          model.setTarget(0);
          settle();
          // The first page allocated of a round ends up at the head of the balloon's list.
          List<Integer> first = model.inflated.get(0);
          List<Integer> second = model.inflated.get(1);
          List<Integer> out = new ArrayList<>();
          model.deflated.forEach(out::addAll);
          List<Integer> expected = reversed(second);
          expected.addAll(reversed(first));
          assertThat(out).isEqualTo(expected);
        });
  }

  /** CLASSIC-08, CLASSIC-09, EDGE-06: also without MUST_TELL_HOST. */
  @Test
  void classic07_pagesAreFreeOnlyAfterTheAck() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(50);
          settle();
          long free = FreeMemory.pages();
          model.stalled = true;
          model.setTarget(0);
          Sched.msleep(500);
          assertThat(FreeMemory.pages()).isEqualTo(free);
          assertThat(model.actual()).isEqualTo(50);
          model.stalled = false;
          model.serve(1);
          settle();
          assertThat(FreeMemory.pages()).isEqualTo(free + 50);
          assertThat(model.actual()).isZero();
        });
  }

  /** Nobody isolates pages here, so a balloon without the pages it counts is a fatal error. */
  @Test
  void classic15_anEmptyListWithPagesHeldIsABug() {
    ModelBalloon model = new ModelBalloon(0);
    assertThatThrownBy(
            () ->
                BalloonFixture.run(
                    model,
                    () -> {
                      BalloonFixture.balloon().addNumPages(1);
                      var unused = Inflate.leak(BalloonFixture.balloon(), 1);
                    }))
        .hasMessageContaining("balloon has lost a page");
  }

  /** EDGE-13. */
  @Test
  void classic10_usedLengthIsIgnoredAndAnotherQueuesInterruptTooEarly() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.stalled = true;
          model.setTarget(5);
          settle();
          model.device.raise(1);
          settle();
          assertThat(model.actual()).isZero();
          model.device.push(0, model.device.pop(0).head(), 0x7fff_ffff);
          settle();
          assertThat(model.actual()).isEqualTo(5);
        });
  }

  @Test
  void classic12_managedPagesShrinkOnlyWithoutDeflateOnOom() {
    for (boolean oom : new boolean[] {false, true}) {
      ModelBalloon model = new ModelBalloon(oom ? features(BalloonIds.F_DEFLATE_ON_OOM) : 0);
      BalloonFixture.run(
          model,
          () -> {
            long total = SysInfo.totalRam();
            model.setTarget(700);
            settle();
            assertThat(SysInfo.totalRam()).isEqualTo(oom ? total : total - 700);
            model.setTarget(0);
            settle();
            assertThat(SysInfo.totalRam()).isEqualTo(total);
          });
    }
  }

  /** CLASSIC-01: the target is unsigned; CLASSIC-05, EDGE-05: a part of it is told. */
  @Test
  void classic04_anImpossibleTargetIsTriedFiveTimesASecond() {
    ModelBalloon model = new ModelBalloon(0);
    String console =
        BalloonFixture.run(
            model,
            () -> {
              model.setTarget(-1);
              Sched.msleep(3000);
              int before = model.actual();
              model.device.log.clear();
              Sched.msleep(2000);
              assertThat(model.device.log.stream().filter(l -> l.startsWith("104=")).count())
                  .isBetween(8L, 11L);
              assertThat(model.actual()).isGreaterThanOrEqualTo(before);
              assertThat(model.held).as("EDGE-05: told, however few").hasSize(model.actual());
              assertThat(PageAlloc.allocPage(Gfp.GFP_ATOMIC)).as("reserves are left").isNotNull();
              model.setTarget(0);
              Sched.msleep(3000);
              assertThat(model.actual()).isZero();
            });
    assertThat(console).contains("virtio_balloon virtio0: Out of puff! Can't get 1 pages");
    assertThat(console.lines().filter(l -> l.contains("Out of puff")).count()).isLessThan(21);
  }

  /** EDGE-07. */
  @Test
  void classic16_oomGivesBack256PagesOnceAndWritesActual() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_DEFLATE_ON_OOM));
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(20_000);
          Sched.msleep(500);
          assertThat(model.actual()).isEqualTo(20_000);
          List<Page> taken = new ArrayList<>();
          while (model.deflated.isEmpty()) {
            taken.add(PageAlloc.allocPage(Gfp.GFP_KERNEL));
          }
          assertThat(model.deflated).hasSize(1);
          assertThat(model.deflated.getFirst()).hasSize(256);
          assertThat(model.actual()).isEqualTo(20_000 - 256);
          Sched.msleep(1000);
          assertThat(model.actual())
              .as("CLASSIC-17: nothing inflates again by itself")
              .isEqualTo(20_000 - 256);
          taken.forEach(PageAlloc::freePage);
        });
  }

  @Test
  void classic11_aBrokenInflateQueueDoesNotHangOrSpin() {
    ModelBalloon model = new ModelBalloon(0);
    String console =
        BalloonFixture.run(
            model,
            () -> {
              model.stalled = true;
              model.setTarget(1000);
              settle();
              model.device.push(0, 77, 0);
              Sched.msleep(2000);
              assertThat(model.actual()).isEqualTo(256);
              assertThat(BalloonFixture.balloon().sizeWork().isPending()).isFalse();
            });
    assertThat(console).contains("virtio_balloon virtio0: inflate:id 77 is not a head!");
  }

  @Test
  void aBrokenDeflateQueueKeepsThePages() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(10);
          settle();
          long free = FreeMemory.pages();
          model.stalled = true;
          model.setTarget(0);
          settle();
          model.device.push(1, 500, 0);
          settle();
          assertThat(BalloonFixture.balloon().numPages()).isEqualTo(10);
          assertThat(FreeMemory.pages()).isEqualTo(free);
          assertThat(model.actual()).isEqualTo(10);
        });
  }

  @Test
  void pagesOfABrokenQueueComeBackWithTheReset() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          long total = SysInfo.totalRam();
          model.setTarget(500);
          settle();
          long free = FreeMemory.pages();
          model.stalled = true;
          model.setTarget(0);
          settle();
          model.device.push(1, 500, 0);
          settle();
          VirtioBus.unbind(VirtioBus.first());
          assertThat(FreeMemory.pages()).isGreaterThanOrEqualTo(free + 500);
          assertThat(SysInfo.totalRam()).isEqualTo(total);
        });
  }

  /** BASE-DRV-04. */
  @Test
  void aDeviceThatNeedsAResetLeavesNobodyAsleep() {
    ModelBalloon model =
        new ModelBalloon(features(BalloonIds.F_STATS_VQ, BalloonIds.F_FREE_PAGE_HINT));
    String console =
        BalloonFixture.run(
            model,
            () -> {
              long free = FreeMemory.pages();
              model.stalled = true;
              model.setTarget(1000);
              model.request(0x80000001);
              settle();
              model.device.status |= VirtioIds.STATUS_NEEDS_RESET;
              model.device.configChanged();
              settle();
              assertThat(BalloonFixture.balloon().lock().isLocked()).isFalse();
              assertThat(BalloonFixture.balloon().sizeWork().isPending()).isFalse();
              model.device.configChanged();
              Sched.msleep(500);
              assertThat(BalloonFixture.balloon().numPages())
                  .as("no page goes to a device that is gone")
                  .isEqualTo(256);
              VirtioBus.unbind(VirtioBus.first());
              assertThat(FreeMemory.pages()).isGreaterThan(free);
            });
    assertThat(console).contains("virtio virtio0: inflate: the device needs a reset");
    assertThat(console.lines().filter(l -> l.contains("needs a reset")).count()).isEqualTo(4);
  }

  @Test
  void classic20_removeDeflatesWritesActualAndResets() {
    ModelBalloon model =
        new ModelBalloon(
            features(
                BalloonIds.F_STATS_VQ, BalloonIds.F_DEFLATE_ON_OOM, BalloonIds.F_FREE_PAGE_HINT));
    BalloonFixture.run(
        model,
        () -> {
          long free = FreeMemory.pages();
          model.setTarget(700);
          settle();
          model.request(0x80000001);
          settle();
          model.device.log.clear();
          VirtioBus.unbind(VirtioBus.first());
          assertThat(model.held).isEmpty();
          assertThat(model.device.log).containsSubsequence("104=0", "70=0", "44=0", "70=1");
          assertThat(FreeMemory.pages()).as("all back, rings included").isGreaterThan(free);
          Sched.msleep(1000);
          assertThat(model.held).isEmpty();
        });
  }

  /** EDGE-07. */
  @Test
  void classic18_withoutTheFeatureAShortageLeavesTheBalloonAlone() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(1000);
          settle();
          assertThat(Oom.notifyAll(0)).isZero();
          assertThat(model.deflated).isEmpty();
          assertThat(model.actual()).isEqualTo(1000);
        });
  }

  @Test
  void edge54_aGuestThatThrashesStillGetsItsMemory() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_DEFLATE_ON_OOM));
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(-1);
          Sched.msleep(3000);
          int before = model.actual();
          for (int i = 0; i < 2000; i++) {
            assertThat(PageAlloc.allocPage(Gfp.GFP_KERNEL)).as("page %d", i).isNotNull();
          }
          assertThat(model.deflated).as("CLASSIC-17: taken back").isNotEmpty();
          assertThat(model.actual()).isLessThan(before);
        });
  }

  @Test
  void classic02_theInterruptReadsNoConfigItself() {
    ModelBalloon model =
        new ModelBalloon(features(BalloonIds.F_STATS_VQ, BalloonIds.F_FREE_PAGE_HINT));
    BalloonFixture.run(
        model,
        () -> {
          settle();
          int reads = model.device.configReads;
          int flags = Cpu.irqSave();
          model.device.configChanged();
          VirtioBus.first().driver().configChanged(VirtioBus.first());
          assertThat(model.device.configReads).as("HINT-02").isEqualTo(reads);
          Cpu.irqRestore(flags);
          settle();
          assertThat(model.device.configReads).isGreaterThan(reads);
        });
  }

  /** EDGE-42: bit 28 is not accepted, so no table is ever needed. */
  @Test
  void featuresThatAreNotBuiltAreRefused() {
    ModelBalloon model = new ModelBalloon(features(0, 1, 2, 4, 5, 28, 29, 33));
    BalloonFixture.run(
        model, () -> assertThat(model.device.accepted).isEqualTo(features(0, 1, 2, 5, 29, 32)));
  }
}
