package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** BASE-DRV-06: a device that offers a bit without the one that it builds on. */
class FeatureDependencyTest {
  @ParameterizedTest(name = "{0} without {1}")
  @CsvSource({
    BitmapModel.REQUEST_ID + ", " + BitmapModel.GET_FREE_PAGES,
    BitmapModel.DROP_LOCK + ", " + BitmapModel.REQUEST_ID,
    BitmapModel.INFLATE_DEFLATE + ", " + BitmapModel.PAGE_BITMAP
  })
  void baseDrv06_aBitWithoutTheOneItNeedsIsGivenUp(int feature, int needed) {
    long all =
        features(
            BalloonIds.F_STATS_VQ,
            BitmapModel.GET_FREE_PAGES,
            BitmapModel.REQUEST_ID,
            BitmapModel.DROP_LOCK,
            BitmapModel.PAGE_BITMAP,
            BitmapModel.INFLATE_DEFLATE);
    BitmapModel model = new BitmapModel(all & ~features(needed), 3);
    BalloonFixture.run(
        model.balloon,
        HintRig.variant("bitmap-2016"),
        () -> {
          assertThat(model.balloon.device.accepted & features(feature, needed)).isZero();
          assertThat(model.balloon.device.accepted & features(BalloonIds.F_STATS_VQ)).isNotZero();
        });
  }
}
