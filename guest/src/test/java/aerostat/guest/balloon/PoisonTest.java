package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.machine.Memory;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.virtio.VirtioBus;
import aerostat.guest.virtio.VirtioPm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PAGE_POISON as the driver negotiates it. */
class PoisonTest {
  private static final int NOT_TOLD = 0x1234_5678;

  private static ModelBalloon model(boolean poison) {
    long offered = features(BalloonIds.F_STATS_VQ, BalloonIds.F_REPORTING);
    ModelBalloon model =
        new ModelBalloon(poison ? offered | features(BalloonIds.F_PAGE_POISON) : offered);
    model.device.setConfig32(BalloonIds.CONFIG_POISON_VAL, NOT_TOLD);
    return model;
  }

  private static boolean accepted(ModelBalloon model, int feature) {
    return (model.device.accepted & features(feature)) != 0;
  }

  /** POISON-01, POISON-02, EDGE-32: the six rows; poisoning twice for "any" init-on-free. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, off, on, -",
    "0, 0, 1, off, on, -",
    "1, 0, 1, on, on, aaaaaaaa",
    "1, 1, 1, on, on, aaaaaaaa",
    "0, 1, 1, on, on, 0",
    "1, 0, 0, off, off, -",
    "1, 1, 0, off, off, -",
    "0, 1, 0, off, off, -",
  })
  void poison05_theTruthTable(
      int poisoning, int initOnFree, int offered, String poison, String reporting, String value) {
    ModelBalloon model = model(offered == 1);
    BalloonFixture.run(
        model,
        "page_poison=" + poisoning + " init_on_free=" + initOnFree,
        () -> {
          assertThat(accepted(model, BalloonIds.F_PAGE_POISON)).isEqualTo(poison.equals("on"));
          assertThat(accepted(model, BalloonIds.F_REPORTING)).isEqualTo(reporting.equals("on"));
          int told = model.device.config32(BalloonIds.CONFIG_POISON_VAL);
          assertThat(Integer.toHexString(told))
              .isEqualTo(value.equals("-") ? Integer.toHexString(NOT_TOLD) : value);
        });
  }

  @Test
  void poison03_theValueIsWrittenOnceBeforeDriverOk() {
    ModelBalloon model = model(true);
    BalloonFixture.run(
        model,
        "page_poison=1",
        () -> {
          int written = model.device.log.indexOf("10c=aaaaaaaa");
          assertThat(written).isPositive().isLessThan(model.device.log.indexOf("70=f"));
          assertThat(model.device.log.lastIndexOf("10c=aaaaaaaa")).isEqualTo(written);
        });
  }

  /** Hinting is poison-safe by construction (HINT-11). */
  @Test
  void poison05_hintingStaysWithoutTheFeature() {
    ModelBalloon model =
        new ModelBalloon(features(BalloonIds.F_STATS_VQ, BalloonIds.F_FREE_PAGE_HINT));
    BalloonFixture.run(
        model,
        "page_poison=1",
        () -> assertThat(accepted(model, BalloonIds.F_FREE_PAGE_HINT)).isTrue());
  }

  /** Blocks that the host lost while they were hinted are filled anew as they are freed. */
  @Test
  void hint11_blocksThatTheHostForgotAreFilledAgain() {
    ModelBalloon model =
        new ModelBalloon(
            features(BalloonIds.F_STATS_VQ, BalloonIds.F_FREE_PAGE_HINT, BalloonIds.F_PAGE_POISON));
    String console =
        BalloonFixture.run(
            model,
            "page_poison=1",
            () -> {
              model.request(HintRig.ID);
              BalloonFixture.settle();
              assertThat(model.hinted).isNotEmpty();
              for (long block : model.hinted) {
                Memory.fill(block, HeldBlocks.BLOCK_BYTES, 0);
              }
              model.done();
              BalloonFixture.settle();
              while (PageAlloc.allocPages(HeldBlocks.HINT_GFP, HeldBlocks.BLOCK_ORDER) != null) {
                // Each allocation looks at the fill.
              }
            });
    assertThat(console).doesNotContain("pagealloc");
  }

  /** A device that forgot the value in its reset would turn poison into zeros. */
  @Test
  void edge31_theValueIsWrittenAgainAfterASuspend() {
    ModelBalloon model = model(true);
    BalloonFixture.run(
        model,
        "page_poison=1",
        () -> {
          VirtioPm.freeze(VirtioBus.first());
          model.device.setConfig32(BalloonIds.CONFIG_POISON_VAL, 0);
          assertThat(VirtioPm.restore(VirtioBus.first())).isZero();
          assertThat(model.device.config32(BalloonIds.CONFIG_POISON_VAL)).isEqualTo(0xaaaa_aaaa);
        });
  }
}
