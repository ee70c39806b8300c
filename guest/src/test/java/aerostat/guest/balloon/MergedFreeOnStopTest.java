package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.settle;
import static aerostat.guest.balloon.HintRig.ID;
import static aerostat.guest.balloon.HintRig.heldBlocks;
import static aerostat.guest.balloon.HintRig.hintFeatures;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.mm.FreeMemory;
import org.junit.jupiter.api.Test;

/** STOP taken for DONE (HINT-10). */
class MergedFreeOnStopTest {
  private static final String VARIANT = HintRig.variant("merged-free-on-stop");

  @Test
  void hint10_blocksGoBackAfterEachRoundAndComeAgain() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        VARIANT,
        () -> {
          long free = FreeMemory.pages();
          model.request(ID);
          settle();
          int first = model.hinted.size();
          assertThat(first).isGreaterThan(20);
          assertThat(heldBlocks()).isZero();
          assertThat(FreeMemory.pages()).isGreaterThan(free - 16);
          model.request(ID + 1);
          settle();
          assertThat(model.hinted).as("the same again").hasSizeGreaterThan(2 * first - 3);
        });
  }

  /** Else it would show MIG-24 and not what DONE is for. */
  @Test
  void noBlockGoesBackBeforeTheDeviceHasUsedIt() {
    ModelBalloon model = new ModelBalloon(hintFeatures(), 8);
    BalloonFixture.run(
        model,
        VARIANT,
        () -> {
          model.stalled = true;
          model.request(ID);
          settle();
          model.stop();
          settle();
          long held = heldBlocks();
          assertThat(held).isPositive();
          model.stalled = false;
          model.serveHints();
          settle();
          assertThat(heldBlocks()).isZero();
        });
  }
}
