package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static aerostat.guest.balloon.HintRig.ID;
import static aerostat.guest.balloon.HintRig.heldBlocks;
import static aerostat.guest.balloon.HintRig.hintFeatures;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import aerostat.guest.kernel.Kthread;
import aerostat.guest.kernel.Wakeup;
import aerostat.guest.mm.DropCaches;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.mm.Oom;
import aerostat.guest.virtio.ModelDevice;
import aerostat.guest.virtio.VirtioBus;
import aerostat.guest.virtio.VirtioIds;
import aerostat.guest.virtio.VirtioPm;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Probes that fail, and ends that come while something is under way. */
class TeardownTest {
  private static void freeze() {
    VirtioPm.freeze(VirtioBus.first());
  }

  private static void unbind() {
    VirtioBus.unbind(VirtioBus.first());
  }

  private static void thread(String name, Runnable body) {
    Kthread.run(
        data -> {
          body.run();
          return 0;
        },
        0,
        name);
  }

  /**
   * CLASSIC-20: unregister_oom_notifier and shrinker_free wait for a call under way, which holds
   * all there is in the balloon.
   */
  private static void endWaitsForTheDeflate(String era, int pages, Runnable help, Runnable end) {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_DEFLATE_ON_OOM));
    BalloonFixture.run(
        model,
        "virtio_balloon.oom=" + era,
        () -> {
          model.setTarget(pages);
          settle();
          List<String> ended = new ArrayList<>();
          model.stalled = true;
          thread(
              "shortage",
              () -> {
                help.run();
                ended.add("help");
              });
          settle();
          assertThat(BalloonFixture.balloon().numPages()).isZero();
          model.device.log.clear();
          thread(
              "end",
              () -> {
                end.run();
                ended.add("end");
              });
          settle();
          assertThat(model.device.log).as("reset").doesNotContain("70=0");
          model.stalled = false;
          model.serve(1);
          settle();
          assertThat(ended).containsExactly("help", "end");
          assertThat(model.held).isEmpty();
        });
  }

  @Test
  void classic20_unbindWaitsForTheNotifier() {
    endWaitsForTheDeflate("notifier", 256, () -> Oom.notifyAll(0), TeardownTest::unbind);
  }

  @Test
  void classic20_unbindWaitsForTheShrinker() {
    endWaitsForTheDeflate("shrinker", 128, DropCaches::dropSlab, TeardownTest::unbind);
  }

  @Test
  void classic20_suspendWaitsForTheNotifier() {
    endWaitsForTheDeflate("notifier", 256, () -> Oom.notifyAll(0), TeardownTest::freeze);
  }

  @Test
  void classic19_noHelpIsAskedForWhileFrozen() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_DEFLATE_ON_OOM));
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(300);
          settle();
          freeze();
          model.device.log.clear();
          assertThat(Oom.notifyAll(0)).isZero();
          assertThat(model.device.log).isEmpty();
          assertThat(VirtioPm.restore(VirtioBus.first())).isZero();
          settle();
          assertThat(Oom.notifyAll(0)).as("registered again").isEqualTo(256);
        });
  }

  /**
   * BASE-DRV-04: the queues call back when they break, and the probe is to leave nothing behind.
   */
  @Test
  void aDeviceThatNeedsAResetDuringTheProbe() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    ModelDevice device = model.device;
    device.onWrite =
        offset -> {
          if (offset == 0x44 && device.isReady(2) && device.status == 0xb) {
            device.onWrite = o -> {};
            device.needsReset();
          }
        };
    String console =
        BalloonFixture.run(
            model,
            () -> {
              assertThat(VirtioBus.first().driver()).isNull();
              assertThat(Wakeup.isPending()).as("work that nobody will do").isFalse();
              settle();
            });
    assertThat(console).contains("failed with error -5");
  }

  /** Neither the work queue nor the rings are there a second time. */
  @Test
  void classic19_aSuspendAfterARestoreThatFailedFindsNothingToDo() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        () -> {
          model.request(ID);
          settle();
          freeze();
          model.device.refuseFeatures = true;
          assertThat(VirtioPm.restore(VirtioBus.first())).isNegative();
          model.device.log.clear();
          freeze();
          assertThat(model.device.log).isEmpty();
          model.device.refuseFeatures = false;
          assertThat(VirtioPm.restore(VirtioBus.first())).isZero();
          assertThat(model.device.status & VirtioIds.STATUS_DRIVER_OK).isNotZero();
          model.setTarget(3);
          settle();
          assertThat(model.actual()).isEqualTo(3);
        });
  }

  /**
   * BASE-DRV-31, MIG-24: it may still use every ring and every block, so nothing of it comes back,
   * and it gets no driver any more.
   */
  @Test
  void mig24_fromADeviceThatNeverResetsNothingComesBack() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    String console =
        BalloonFixture.run(
            model,
            () -> {
              model.request(ID);
              settle();
              assertThat(heldBlocks()).isPositive();
              long before = FreeMemory.pages();
              model.device.neverResets = true;
              unbind();
              assertThat(FreeMemory.pages()).as("no block").isCloseTo(before, within(8L));
              long free = FreeMemory.pages();
              assertThat(model.device.isReady(0)).isTrue();
              model.device.configChanged();
              DropCaches.dropSlab();
              settle();
              VirtioBus.bind(VirtioBus.first());
              assertThat(VirtioBus.first().driver()).isNull();
              assertThat(FreeMemory.pages()).isEqualTo(free);
            });
    assertThat(console)
        .containsSubsequence(
            "device does not reset",
            "virtio_balloon virtio0: the device keeps 0 pages, and all that it was told of",
            "virtio virtio0: the device does not reset, no driver for it");
  }

  @Test
  void aDeviceThatNeverResetsIsNotRestored() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    String console =
        BalloonFixture.run(
            model,
            () -> {
              model.setTarget(10);
              settle();
              model.device.neverResets = true;
              long free = FreeMemory.pages();
              freeze();
              assertThat(VirtioPm.restore(VirtioBus.first())).isNegative();
              freeze();
              unbind();
              assertThat(FreeMemory.pages()).isCloseTo(free + 10, within(8L));
            });
    assertThat(console).contains("virtio virtio0: failed to restore, err = -5");
  }

  /** The statistics buffer, in the driver's structure, is the device's. */
  @Test
  void aProbeThatFailsOnADeviceThatNeverResets() {
    ModelBalloon model = new ModelBalloon(hintFeatures(), 1);
    model.device.onWrite = offset -> model.device.neverResets |= offset == 0x44;
    BalloonFixture.run(
        model,
        () -> {
          assertThat(VirtioBus.first().driver()).isNull();
          assertThat(model.device.isReady(2)).isTrue();
          model.device.configChanged();
          settle();
        });
  }
}
