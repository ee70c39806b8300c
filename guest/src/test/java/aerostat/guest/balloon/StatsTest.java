package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.mm.SysInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The statistics queue. */
class StatsTest {
  private static final long STATS = features(BalloonIds.F_STATS_VQ);

  @Test
  void stats01_oneFilledBufferIsThereAfterProbe() {
    ModelBalloon model = new ModelBalloon(STATS);
    BalloonFixture.run(
        model,
        () -> {
          assertThat(model.hasStats()).isTrue();
          assertThat(model.stats.keySet())
              .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
          assertThat(model.events).containsExactly("stats 160");
          assertThat(model.tags)
              .as("UAPI-16, UAPI-17: the newest driver's order")
              .containsExactly(0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 8, 9, 4, 5, 6, 7);
          assertThat(model.stats.get(5)).isEqualTo(SysInfo.totalRam() * 4096);
          int ok = model.device.log.indexOf("70=f");
          assertThat(model.device.log.indexOf("50=2")).as("BASE-DRV-29").isGreaterThan(ok);
        });
  }

  @Test
  void stats02_aReturnedBufferIsTheRequest() {
    ModelBalloon model = new ModelBalloon(STATS);
    BalloonFixture.run(
        model,
        () -> {
          long free = model.stats.get(4);
          List<Integer> first = List.copyOf(model.tags);
          for (int i = 1; i <= 5; i++) {
            model.setTarget(100 * i);
            settle();
            model.requestStats();
            settle();
            assertThat(model.hasStats()).isTrue();
            assertThat(model.stats.get(4)).isEqualTo(SysInfo.freeRam() * 4096);
            assertThat(model.tags).as("BALLOON-DRV-23").isEqualTo(first);
          }
          assertThat(model.stats.get(4)).isLessThan(free);
        });
  }

  @Test
  void stats02_anInterruptWithoutABufferPostsNone() {
    ModelBalloon model = new ModelBalloon(STATS);
    BalloonFixture.run(
        model,
        () -> {
          for (int i = 0; i < 3; i++) {
            Stats.request(BalloonFixture.balloon().statsQueue());
            settle();
          }
          assertThat(model.events).hasSize(1);
        });
  }

  @Test
  void edge03_withoutTheFeatureThereIsNoQueue() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          assertThat(model.device.isReady(2)).isFalse();
          assertThat(model.events).isEmpty();
        });
  }
}
