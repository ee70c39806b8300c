package aerostat.guest.balloon;

import static aerostat.guest.balloon.BalloonFixture.features;
import static aerostat.guest.balloon.BalloonFixture.settle;
import static aerostat.guest.balloon.HintRig.ID;
import static aerostat.guest.balloon.HintRig.heldBlocks;
import static aerostat.guest.balloon.HintRig.hintFeatures;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Sched;
import aerostat.guest.kernel.Suspend;
import aerostat.guest.kernel.Wakeup;
import aerostat.guest.machine.Cpu;
import aerostat.guest.virtio.VirtioBus;
import org.junit.jupiter.api.Test;

/** A suspend of the guest as a whole: CLASSIC-19, CLASSIC-22. */
class SuspendTest {
  private static final long NS = 1_000_000_000L;

  @Test
  void classic19_theBalloonIsEmptyInTheMeantimeAndFullAfterwards() {
    ModelBalloon model = new ModelBalloon(hintFeatures());
    String console =
        BalloonFixture.run(
            model,
            () -> {
              model.setTarget(700);
              settle();
              model.request(ID);
              settle();
              model.device.log.clear();
              assertThat(Suspend.pmSuspend(Long.MAX_VALUE)).isZero();
              assertThat(model.device.log).containsSubsequence("104=0", "70=0", "70=0", "70=f");
              assertThat(heldBlocks()).isZero();
              settle();
              assertThat(model.actual()).isEqualTo(700);
            });
    assertThat(console).containsSubsequence("PM: suspend entry (deep)", "PM: suspend exit");
  }

  @Test
  void anAlarmWakesItAndTimersGoOn() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_STATS_VQ));
    BalloonFixture.run(
        model,
        () -> {
          settle();
          long start = Cpu.now();
          assertThat(Suspend.pmSuspend(start + 100 * NS)).isZero();
          assertThat(Cpu.now() - start).isBetween(100 * NS, 101 * NS);
          Sched.msleep(50);
          assertThat(Cpu.now() - start).isGreaterThan(100 * NS + NS / 20);
        });
  }

  @Test
  void classic22_aTargetThatIsNotReachedKeepsTheGuestAwake() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_STATS_VQ));
    String console =
        BalloonFixture.run(
            model,
            () -> {
              model.stalled = true;
              model.setTarget(300);
              settle();
              assertThat(Suspend.pmSuspend(Long.MAX_VALUE)).isEqualTo(-Errno.EBUSY);
              assertThat(model.device.isReady(0)).as("nothing was frozen").isTrue();
              model.stalled = false;
              model.serve(0);
              settle();
              assertThat(model.actual()).isEqualTo(300);
              assertThat(Wakeup.isPending()).isFalse();
              model.setTarget(-1); // never reached: tried again and again
              Sched.msleep(1000);
              assertThat(Wakeup.isPending()).as("retries included").isTrue();
              VirtioBus.unbind(VirtioBus.first());
              assertThat(Wakeup.isPending()).as("nobody is left to work").isFalse();
            });
    assertThat(console).contains("PM: Wakeup pending, aborting suspend");
  }

  @Test
  void classic22_aRequestForStatisticsToo() {
    ModelBalloon model = new ModelBalloon(features(BalloonIds.F_STATS_VQ));
    BalloonFixture.run(
        model,
        () -> {
          settle();
          int flags = Cpu.irqSave();
          Stats.request(BalloonFixture.balloon().statsQueue());
          assertThat(Suspend.pmSuspend(Long.MAX_VALUE)).isEqualTo(-Errno.EBUSY);
          Cpu.irqRestore(flags);
          settle();
          assertThat(Wakeup.isPending()).isFalse();
        });
  }
}
