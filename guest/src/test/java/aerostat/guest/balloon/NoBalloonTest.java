package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static aerostat.guest.balloon.HintRig.ID;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The variants without a balloon or without hints. */
class NoBalloonTest {
  private static final long ALL =
      features(BalloonIds.F_STATS_VQ, BalloonIds.F_FREE_PAGE_HINT, BalloonIds.F_REPORTING);

  @Test
  void aGuestThatTakesNoPartLeavesTargetsAloneAndDoesTheRest() {
    ModelBalloon model = new ModelBalloon(ALL | features(BalloonIds.F_NO_BALLOON));
    BalloonFixture.run(
        model,
        HintRig.variant("no-balloon"),
        () -> {
          assertThat(model.device.accepted & features(BalloonIds.F_NO_BALLOON)).isNotZero();
          model.setTarget(1000);
          settle();
          assertThat(model.inflated).isEmpty();
          assertThat(model.actual()).isZero();
          assertThat(model.hasStats()).isTrue();
          model.request(ID);
          settle();
          assertThat(model.hinted).hasSizeGreaterThan(10);
        });
  }

  @Test
  void noOtherVariantAcceptsTheBit() {
    for (String name :
        new String[] {"merged", "merged-4.20", "merged-free-on-stop", "walk-v28", "reporting"}) {
      ModelBalloon model = new ModelBalloon(ALL | features(BalloonIds.F_NO_BALLOON));
      BalloonFixture.run(
          model,
          HintRig.variant(name),
          () -> assertThat(model.device.accepted & features(BalloonIds.F_NO_BALLOON)).isZero());
    }
  }

  /** EDGE-03: what is not accepted has no queue. */
  @Test
  void noneAcceptsNeitherHintsNorReporting() {
    ModelBalloon model = new ModelBalloon(ALL);
    BalloonFixture.run(
        model,
        HintRig.variant("none"),
        () -> {
          assertThat(model.device.accepted & ALL).isEqualTo(features(BalloonIds.F_STATS_VQ));
          assertThat(model.device.isReady(3)).isFalse();
          assertThat(model.device.isReady(4)).isFalse();
          model.setTarget(10);
          settle();
          assertThat(model.actual()).isEqualTo(10);
        });
  }
}
