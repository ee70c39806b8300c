package aerostat.guest.kernel;

import aerostat.guest.balloon.BalloonDriver;
import aerostat.guest.virtio.VirtioMmioCmdline;
import aerostat.guest.workload.Workloads;

/**
 * What Linux collects in sections of the image: the init functions of drivers and the first
 * program. The packages above the kernel enter their calls here.
 */
public final class Initcalls {
  private Initcalls() {}

  /** do_initcalls, in the init thread: buses, then drivers. */
  public static void run() {
    VirtioMmioCmdline.init();
    BalloonDriver.init();
  }

  /** The first program, in the init thread; when it returns the guest idles. */
  static void runInit() {
    Workloads.start();
  }
}
