package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static aerostat.guest.balloon.HintRig.ID;
import static aerostat.guest.balloon.HintRig.hintFeatures;
import static aerostat.guest.balloon.HintRig.hinting;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Kthread;
import aerostat.guest.mm.Oom;
import aerostat.guest.virtio.VirtioBus;
import org.junit.jupiter.api.Test;

/** What the device has been told of and has not given back is nobody else's. */
class ExposedBuffersTest {
  /**
   * BALLOON-DRV-12, BALLOON-DRV-13: neither a new target nor a shortage deflates a page whose
   * inflate the device has not acknowledged.
   */
  @Test
  void classic10_nothingIsDeflatedBeforeItsInflateIsAcknowledged() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_DEFLATE_ON_OOM));
    BalloonFixture.run(
        model,
        () -> {
          model.stalled = true;
          model.setTarget(5);
          settle();
          model.setTarget(0);
          Kthread.run(data -> (int) Oom.notifyAll(0), 0, "shortage");
          settle();
          assertThat(model.device.pop(1)).isNull();
          model.stalled = false;
          model.serve(0);
          settle();
          assertThat(model.deflated).hasSize(1);
          assertThat(model.held).isEmpty();
          assertThat(model.actual()).isZero();
        });
  }

  /** BASE-DRV-31, MIG-24: hints that the device has not used outlive its reset. */
  @Test
  void classic20_unusedBlocksAreHeldUntilTheReset() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        () -> {
          model.stalled = true;
          model.request(ID);
          settle();
          long unused = hinting().numUnused();
          assertThat(unused).isPositive();
          long[] atReset = new long[1];
          model.device.onReset = () -> atReset[0] = hinting().numUnused();
          VirtioBus.unbind(VirtioBus.first());
          assertThat(atReset[0]).isEqualTo(unused);
        });
  }
}
