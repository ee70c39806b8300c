package aerostat.guest.balloon;

import aerostat.guest.kernel.Wakeup;
import aerostat.guest.machine.Cpu;

/**
 * start_wakeup_event and its likes (CLASSIC-22): from a change of the target, or a request for
 * statistics, until the work is done, retries included, the machine does not go to sleep.
 */
final class BalloonWakeup {
  private BalloonWakeup() {}

  /** VIRTIO_BALLOON_WAKEUP_SIGNAL_ADJUST. */
  static final int ADJUST = 1;

  /** VIRTIO_BALLOON_WAKEUP_SIGNAL_STATS. */
  static final int STATS = 2;

  private static final int WORKING = 8;

  /** start_wakeup_event: any context. */
  static void start(Balloon vb, int signal) {
    change(vb, 0, signal);
  }

  /** process_wakeup_event: the work begins; a signal that comes from now on brings it again. */
  static void process(Balloon vb, int signal) {
    change(vb, signal, signal << WORKING);
  }

  /** finish_wakeup_event: the work is done. */
  static void finish(Balloon vb, int signal) {
    change(vb, signal << WORKING, 0);
  }

  /** No work comes any more. */
  static void cancel(Balloon vb) {
    change(vb, -1, 0);
  }

  private static void change(Balloon vb, int clear, int set) {
    int flags = Cpu.irqSave();
    int before = vb.wakeup();
    int now = (before & ~clear) | set;
    vb.setWakeup(now);
    if (before == 0 && now != 0) {
      Wakeup.stayAwake();
    } else if (before != 0 && now == 0) {
      Wakeup.relax();
    }
    Cpu.irqRestore(flags);
  }
}
