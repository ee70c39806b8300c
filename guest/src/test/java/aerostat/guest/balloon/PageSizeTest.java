package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.mm.FreeMemory;
import aerostat.guest.mm.Oom;
import aerostat.guest.mm.SysInfo;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guest pages of 4, 16 and 64 KiB: P = 1, 4, 16 balloon pages. */
class PageSizeTest {
  private static String shift(int p) {
    return "page_shift=" + (12 + Integer.numberOfTrailingZeros(p));
  }

  /** EDGE-04, HFIX-13: up to a multiple of P, once, and no oscillation. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 16})
  void classic01_theTargetIsRoundedUp(int p) {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        shift(p),
        () -> {
          model.setTarget(1);
          settle();
          assertThat(model.actual()).isEqualTo(p);
          assertThat(model.events).containsExactly("inflate " + p);
          model.setTarget(3 * p + 1);
          settle();
          model.setTarget(2 * p - p / 2);
          settle();
          assertThat(model.actual()).isEqualTo(2 * p);
          assertThat(model.events)
              .containsExactly("inflate " + p, "inflate " + 3 * p, "deflate " + 2 * p);
        });
  }

  /** CLASSIC-05: P consecutive numbers a page; CLASSIC-06: pages last in, first out. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 16})
  void classic06_consecutivePfnsOfWholePages(int p) {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        shift(p),
        () -> {
          model.setTarget(300);
          settle();
          model.setTarget(0);
          settle();
          for (List<List<Integer>> queue : List.of(model.inflated, model.deflated)) {
            for (List<Integer> message : queue) {
              assertThat(message.size()).isLessThanOrEqualTo(256);
              for (int i = 0; i < message.size(); i++) {
                assertThat(message.get(i)).isEqualTo(message.get(i / p * p) + i % p);
                assertThat(message.get(i / p * p) % p).as("aligned").isZero();
              }
            }
          }
          List<Integer> last = model.inflated.getLast();
          assertThat(model.deflated.getFirst().getFirst()).isEqualTo(last.get(last.size() - p));
        });
  }

  /** CLASSIC-12. */
  @ParameterizedTest
  @ValueSource(ints = {4, 16})
  void classic12_memoryIsCountedInWholePages(int p) {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        shift(p),
        () -> {
          long total = SysInfo.totalRam();
          long free = FreeMemory.pages();
          model.setTarget(10 * p);
          settle();
          assertThat(SysInfo.totalRam()).isEqualTo(total - 10L * p);
          assertThat(FreeMemory.pages()).isBetween(free - 10L * p - 8, free - 10L * p);
          model.setTarget(0);
          settle();
          assertThat(SysInfo.totalRam()).isEqualTo(total);
        });
  }

  /** CLASSIC-16: 256 balloon pages are 16 pages of 64 KiB. */
  @Test
  void classic16_oomGivesBackWholePages() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_DEFLATE_ON_OOM));
    BalloonFixture.run(
        model,
        shift(16) + " virtio_balloon.oom_pages=100",
        () -> {
          model.setTarget(1600);
          settle();
          assertThat(Oom.notifyAll(0)).isEqualTo(112);
          assertThat(model.actual()).isEqualTo(1600 - 112);
        });
  }

  /** HFIX-09: P never exceeds the array. */
  @Test
  void otherPageSizesAreSaidAndPassedOver() {
    ModelBalloon model = new ModelBalloon(0);
    String console =
        BalloonFixture.run(
            model,
            "page_shift=13",
            () -> {
              model.setTarget(1);
              settle();
              assertThat(model.actual()).isEqualTo(1);
            });
    assertThat(console).contains("`13' invalid for parameter `page_shift'");
  }
}
