package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.settle;
import static aerostat.guest.balloon.HintRig.ID;
import static aerostat.guest.balloon.HintRig.hintFeatures;
import static aerostat.guest.balloon.HintRig.hinting;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * MIG-24: a hint that a device keeps is told from a newer one of the same block, however long it is
 * kept.
 */
class HintGenerationTest {
  private static final int HALF = HeldBlocks.BLOCK_BYTES / 2;

  private final ModelBalloon model = new ModelBalloon(hintFeatures());

  private void round(int id) {
    model.keepBlocks = true;
    model.request(id);
    settle();
    model.done();
    settle();
  }

  private String run(Runnable body) {
    return BalloonFixture.run(model, body);
  }

  @Test
  void mig24_aHintOfTheHalfThatComesRoundEndsIt() {
    String console =
        run(
            () -> {
              round(ID);
              hinting().setGeneration(HALF - 1);
              round(ID + 1);
              assertThat(hinting().queue().isBroken()).as("the other half is free").isFalse();
              hinting().setGeneration(2 * HALF - 1);
              round(ID + 2);
              assertThat(hinting().queue().isBroken()).isTrue();
              assertThat(HintRig.heldBlocks()).isZero();
            });
    assertThat(console).contains("virtio_balloon virtio0: the device has kept hints for too long");
  }

  @Test
  void mig24_hintsThatAreBackInTimeDoNoHarm() {
    run(
        () -> {
          round(ID);
          model.giveBack();
          hinting().setGeneration(2 * HALF - 1);
          round(ID + 1);
          assertThat(hinting().queue().isBroken()).isFalse();
          assertThat(hinting().stale(0)).isZero();
          assertThat(hinting().stale(HALF)).isPositive();
        });
  }

  /** A device that has a thousand commands fail cannot fill the console. */
  @Test
  void aBrokenQueueIsNotComplainedOfWithoutEnd() {
    String console =
        run(
            () -> {
              hinting().queue().setBroken(true);
              for (int i = 0; i < 30; i++) {
                model.request(ID + i);
                settle();
              }
            });
    assertThat(console).doesNotContain("Failed to send");
  }
}
