package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.mm.DropCaches;
import aerostat.guest.mm.Oom;
import aerostat.guest.virtio.VirtioBus;
import org.junit.jupiter.api.Test;

/** DEFLATE_ON_OOM in its eras: where they come to different ends (CLASSIC-16). */
class OomErasTest {
  private static ModelBalloon model() {
    return new ModelBalloon(features(BalloonIds.F_DEFLATE_ON_OOM));
  }

  private static void run(ModelBalloon model, String more, Runnable body) {
    BalloonFixture.run(
        model,
        more,
        () -> {
          model.setTarget(5000);
          settle();
          body.run();
        });
  }

  /**
   * HFIX-10: what frees caches, and is no shortage, deflates the balloon only in the shrinker's
   * era.
   */
  @Test
  void classic16_reclaimDeflatesInTheShrinkersEraOnly() {
    for (String era : new String[] {"shrinker", "notifier"}) {
      ModelBalloon model = model();
      run(
          model,
          "virtio_balloon.oom=" + era,
          () -> {
            DropCaches.dropSlab();
            assertThat(model.actual() < 5000).isEqualTo(era.equals("shrinker"));
          });
    }
  }

  @Test
  void classic16_theNotifierOfTheFirstEraHasAParameter() {
    for (int pages : new int[] {1, 100, 256, 9999}) {
      ModelBalloon model = model();
      run(
          model,
          "virtio_balloon.oom_pages=" + pages,
          () -> {
            assertThat(Oom.notifyAll(0)).isEqualTo(Math.min(pages, 256));
            assertThat(model.deflated).hasSize(1);
          });
    }
  }

  /** HFIX-04, as put right: as much as is asked for, in rounds of 256, and actual once. */
  @Test
  void hfix04_theShrinkersArithmetic() {
    ModelBalloon model = model();
    run(
        model,
        "virtio_balloon.oom=shrinker",
        () -> {
          model.device.log.clear();
          BalloonShrinker ops = new BalloonShrinker();
          assertThat(ops.countObjects(BalloonFixture.balloon().oomShrinker())).isEqualTo(5000);
          assertThat(ops.scanObjects(BalloonFixture.balloon().oomShrinker(), 600)).isEqualTo(600);
          assertThat(model.deflated).hasSize(3);
          assertThat(model.device.log.stream().filter(l -> l.startsWith("104="))).hasSize(1);
        });
  }

  @Test
  void theShrinkerGoesWithTheDriver() {
    ModelBalloon model = model();
    run(
        model,
        "virtio_balloon.oom=shrinker",
        () -> {
          VirtioBus.unbind(VirtioBus.first());
          DropCaches.dropSlab();
          assertThat(model.held).isEmpty();
        });
  }

  @Test
  void anUnknownEraIsSaid() {
    ModelBalloon model = model();
    String console = BalloonFixture.run(model, "virtio_balloon.oom=bronze", () -> {});
    assertThat(console).contains("`bronze' invalid for parameter `virtio_balloon.oom'");
  }
}
