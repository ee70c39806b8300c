package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static aerostat.guest.balloon.HintRig.ID;
import static aerostat.guest.balloon.HintRig.heldBlocks;
import static aerostat.guest.balloon.HintRig.hintFeatures;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Reboot;
import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.kernel.Sched;
import aerostat.guest.machine.Cpu;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.PageReportingDevInfo;
import aerostat.guest.mm.Slab;
import aerostat.guest.mm.SysInfo;
import aerostat.guest.virtio.VirtioBus;
import aerostat.guest.virtio.VirtioIds;
import aerostat.guest.virtio.VirtioPm;
import org.junit.jupiter.api.Test;

/** Suspend, resume and power-off. */
class PmTest {
  private static void freeze() {
    VirtioPm.freeze(VirtioBus.first());
  }

  private static int restore() {
    return VirtioPm.restore(VirtioBus.first());
  }

  /** EDGE-24: at the moment of a suspend as well; pages, blocks and queues all go. */
  @Test
  void classic19_freezeDeflatesWritesActualAndResets() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    BalloonFixture.run(
        model,
        () -> {
          long free = FreeMemory.pages();
          model.setTarget(700);
          settle();
          model.request(ID);
          settle();
          assertThat(heldBlocks()).isPositive();
          model.device.log.clear();
          freeze();
          assertThat(model.held).isEmpty();
          assertThat(heldBlocks()).isZero();
          assertThat(model.device.log).containsSubsequence("104=0", "70=0", "44=0");
          assertThat(FreeMemory.pages()).as("rings and all").isGreaterThan(free);
        });
  }

  /** CLASSIC-19: queues (with primed statistics), DRIVER_OK, the target, actual. */
  @Test
  void classic19_restoreTakesUpTheTargetAgain() {
    ModelBalloon model = new ModelBalloon(hintFeatures() | features(BalloonIds.F_DEFLATE_ON_OOM));
    BalloonFixture.run(
        model,
        () -> {
          model.setTarget(700);
          settle();
          long accepted = model.device.accepted;
          freeze();
          model.device.log.clear();
          model.device.accepted = 0;
          assertThat(restore()).isZero();
          assertThat(model.device.accepted).as("as negotiated before").isEqualTo(accepted);
          assertThat(model.hasStats()).isTrue();
          assertThat(model.device.log).containsSubsequence("70=0", "70=1", "70=3", "70=b", "70=f");
          settle();
          assertThat(model.actual()).isEqualTo(700);
          model.request(ID);
          settle();
          assertThat(heldBlocks()).isPositive();
          VirtioBus.unbind(VirtioBus.first());
          assertThat(model.held).isEmpty();
        });
  }

  @Test
  void classic19_nothingRunsWhileFrozen() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_STATS_VQ, BalloonIds.F_REPORTING));
    BalloonFixture.run(
        model,
        () -> {
          freeze();
          model.device.log.clear();
          VirtioBus.first().driver().configChanged(VirtioBus.first());
          Sched.msleep(5000);
          assertThat(model.device.log).isEmpty();
          assertThat(restore()).isZero();
          assertThat(BalloonFixture.balloon().reporting().state())
              .as("REPORT-19: registered again")
              .isEqualTo(PageReportingDevInfo.PAGE_REPORTING_REQUESTED);
        });
  }

  @Test
  void aDeviceThatRefusesItsFeaturesFailsTheRestore() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    String console =
        BalloonFixture.run(
            model,
            () -> {
              freeze();
              model.device.refuseFeatures = true;
              assertThat(restore()).isNegative();
              assertThat(model.device.status & VirtioIds.STATUS_FAILED).isNotZero();
              VirtioBus.unbind(VirtioBus.first());
              model.device.refuseFeatures = false;
              VirtioBus.bind(VirtioBus.first());
              model.setTarget(3);
              settle();
              assertThat(model.actual()).as("another bind is a new beginning").isEqualTo(3);
            });
    assertThat(console).contains("virtio virtio0: failed to restore, err = -19");
  }

  /** HFIX-16: the last words of a fixture are those of a power-off. */
  @Test
  void classic21_thePowerGoesOffWithTheDeviceReset() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    String console =
        BalloonFixture.run(
            model,
            () -> {
              model.setTarget(100);
              settle();
            });
    assertThat(console).contains("reboot: Power down");
    assertThat(model.device.status).isZero();
    assertThat(model.device.log.getLast()).as("then nothing more").isIn("70=0", "read 70");
    assertThat(model.held).as("the pages need not come back").hasSize(100);
  }

  /** While the device answers, what is under way ends well. */
  @Test
  void classic21_aRoundUnderWayIsAnsweredFirst() {
    ModelBalloon model = new ModelBalloon(0);
    BalloonFixture.run(
        model,
        () -> {
          model.stalled = true;
          model.setTarget(5);
          settle();
          model.device.onIdle =
              () -> {
                boolean waits = model.stalled && Cpu.now() > 100_000_000L;
                if (waits) {
                  model.stalled = false;
                  model.serve(0);
                }
                return waits;
              };
          Reboot.powerOff();
        });
    assertThat(model.held).hasSize(5);
    assertThat(model.actual()).isEqualTo(5);
  }

  /** EDGE-41: a report, and an inflate, that nobody answers. */
  @Test
  void edge41_shutdownDoesNotWaitForEver() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_STATS_VQ, BalloonIds.F_REPORTING));
    BalloonFixture.run(
        model,
        () -> {
          model.stalled = true;
          model.setTarget(5);
          long start = Cpu.now();
          aerostat.guest.kernel.Kthread.run(
              data -> {
                Scatterlist sg = new Scatterlist(Slab.kzalloc(Scatterlist.SIZE, Gfp.GFP_KERNEL));
                sg.set(0x4400_0000L, 0x20_0000);
                return new Reporting().report(BalloonFixture.balloon().reporting(), sg, 1);
              },
              0,
              "reporter");
          settle();
          BalloonPm.shutdown(BalloonFixture.balloon());
          assertThat(Cpu.now() - start).isLessThan(3_000_000_000L);
          settle();
          assertThat(BalloonFixture.balloon().acked().isActive()).isFalse();
          assertThat(BalloonFixture.balloon().lock().isLocked()).isFalse();
        });
  }

  @Test
  void rebindChangesTheVariantAndLosesNothing() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    String console =
        BalloonFixture.run(
            model,
            "virtio_balloon.rebind=none@2 virtio_balloon.rebind=walk-v28@4"
                + " virtio_balloon.rebind=psychic@5 virtio_balloon.rebind=none",
            () -> {
              model.setTarget(300);
              settle();
              long total = SysInfo.totalRam();
              Sched.msleep(2500);
              assertThat(model.device.accepted & features(3)).isZero();
              assertThat(model.actual()).isEqualTo(300);
              Sched.msleep(3000);
              assertThat(model.device.accepted & features(3)).isNotZero();
              assertThat(BalloonFixture.balloon().variant().name()).isEqualTo("walk-v28");
              assertThat(model.actual()).isEqualTo(300);
              assertThat(SysInfo.totalRam()).isEqualTo(total);
            });
    assertThat(console)
        .containsSubsequence("ready, variant merged", "removed", "ready, variant none", "walk-v28")
        .contains("`psychic@5' invalid for parameter `virtio_balloon.rebind'")
        .contains("`none' invalid for parameter `virtio_balloon.rebind'");
  }
}
