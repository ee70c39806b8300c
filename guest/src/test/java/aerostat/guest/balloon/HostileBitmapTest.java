package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.plain.PlainMachine;
import aerostat.guest.virtio.ModelDevice;
import aerostat.guest.virtio.VirtioBus;
import org.junit.jupiter.api.Test;

/** Generation 1 before a device that keeps, breaks or comes too early. */
class HostileBitmapTest {
  private static final long PLAIN = features(BalloonIds.F_STATS_VQ, BitmapModel.GET_FREE_PAGES);
  private static final long DROP_LOCK =
      PLAIN | features(BitmapModel.REQUEST_ID, BitmapModel.DROP_LOCK);

  private static String run(BitmapModel model, Runnable body) {
    return BalloonFixture.run(model.balloon, HintRig.variant("bitmap-2016"), body);
  }

  /** As posted the series overwrote a reply that the device had not used. */
  @Test
  void aReplyThatTheDeviceKeepsIsNotTouched() {
    BitmapModel model = new BitmapModel(PLAIN, 3);
    run(
        model,
        () -> {
          model.keepReplies = true;
          model.ask(0, 8);
          settle();
          model.ask(0, 8);
          settle();
          assertThat(model.replies).hasSize(1);
          assertThat(model.hasRequest()).isFalse();
          model.balloon.device.push(3, model.lastReplyHead, 0);
          settle();
          assertThat(model.replies).hasSize(2);
          model.ask(0, 8);
          settle();
          unbind();
          assertThat(model.replies).as("it does not wait for ever").hasSize(2);
        });
  }

  @Test
  void whoWaitsWithAReplySeesThatTheQueueBreaks() {
    BitmapModel model = new BitmapModel(DROP_LOCK, 3);
    run(
        model,
        () -> {
          model.keepReplies = true;
          model.ask(0, 1, 4096);
          settle();
          assertThat(BalloonFixture.balloon().acked().isActive()).isTrue();
          model.balloon.device.push(3, 99, 0);
          settle();
          assertThat(BalloonFixture.balloon().acked().isActive()).isFalse();
        });
  }

  /** The queue that BITMAP-01 asks for without statistics is nobody's. */
  @Test
  void bitmap01_aStatisticsQueueWithoutStatisticsIsLeftAlone() {
    BitmapModel model = new BitmapModel(features(BitmapModel.GET_FREE_PAGES), 3);
    run(
        model,
        () -> {
          assertThat(model.hasRequest()).isTrue();
          model.balloon.device.push(2, 0, 0);
          settle();
          model.balloon.device.needsReset();
          settle();
          assertThat(BalloonFixture.balloon().inflateQueue().isBroken()).isTrue();
        });
  }

  /** Used buffers and a need of a reset before the driver has set all up. */
  @Test
  void aDeviceThatIsTooEarly() {
    for (boolean reset : new boolean[] {true, false}) {
      BitmapModel model = new BitmapModel(PLAIN, 3);
      ModelDevice device = model.balloon.device;
      device.onWrite =
          offset -> {
            if (offset == 0x44 && device.isReady(3) && device.status == 0xb) {
              device.onWrite = o -> {};
              if (reset) {
                device.needsReset();
              } else {
                device.push(3, 0, 8);
              }
              PlainMachine.safepoint();
            }
          };
      String console = run(model, HostileBitmapTest::unbind);
      assertThat(console).contains("failed with error -5");
    }
  }

  private static void unbind() {
    VirtioBus.unbind(VirtioBus.first());
  }
}
