package aerostat.guest.balloon.variant;

import aerostat.guest.balloon.HeldBlocks;
import aerostat.guest.balloon.HintChannel;
import aerostat.guest.balloon.Hinting;
import aerostat.guest.balloon.HoldingVariant;
import aerostat.guest.kernel.Sched;

/**
 * The merged driver with STOP taken for the end of hinting: all blocks go back after each round.
 * What reuses them dirties memory as fast as it can while the migration still goes on, which is why
 * there is a DONE (HINT-10).
 */
record MergedFreeOnStop() implements HoldingVariant {
  @Override
  public String name() {
    return "merged-free-on-stop";
  }

  @Override
  public void command(Hinting h, int id) {
    HeldBlocks.command(h, id);
    release(h);
  }

  @Override
  public void stopped(Hinting h) {
    release(h);
  }

  /** Only what the device has used: it is too early that is shown here, not MIG-24. */
  private static void release(Hinting h) {
    while (!allUsed(h) && !h.balloon().isStopped()) {
      Sched.msleep(HintChannel.PAUSE_MS);
    }
    if (!h.balloon().isStopped()) {
      HeldBlocks.releaseAll(h);
    }
  }

  private static boolean allUsed(Hinting h) {
    h.lock().lock();
    HintChannel.detachUsed(h);
    boolean all = h.numUnused() == 0 || h.queue().isBroken();
    h.lock().unlock();
    return all;
  }
}
