package aerostat.guest.balloon;

import aerostat.guest.kernel.Sched;
import aerostat.guest.plain.PlainKernel;
import aerostat.guest.plain.PlainMachine;
import aerostat.guest.virtio.ModelDevice;
import aerostat.guest.virtio.VirtioBus;
import aerostat.guest.virtio.VirtioIds;
import aerostat.guest.virtio.VirtioMmioCmdline;

/** Boots the kernel with the driver and a model balloon. */
final class BalloonFixture {
  private BalloonFixture() {}

  static final int RAM = 128 << 20;

  static long features(int... bits) {
    long mask = 0;
    for (int bit : bits) {
      mask |= VirtioIds.bit(bit);
    }
    return mask;
  }

  /** Runs {@code body} in the init thread after the driver's probe; returns the console. */
  static String run(ModelBalloon model, Runnable body) {
    return run(model, "", body);
  }

  static String run(ModelBalloon model, String more, Runnable body) {
    PlainMachine.reset(RAM);
    PlainMachine.mmio().add(ModelDevice.BASE, model.device);
    return PlainKernel.run(
        ModelDevice.PARAM + " " + more,
        () -> {
          VirtioMmioCmdline.init();
          BalloonDriver.init();
          body.run();
        });
  }

  static Balloon balloon() {
    return Balloon.of(VirtioBus.first());
  }

  /** Lets work items run. */
  static void settle() {
    Sched.msleep(20);
  }
}
