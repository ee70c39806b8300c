package aerostat.vmm.migration.source;

import aerostat.vmm.migration.pages.DirtyPages;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * A hint helps only if it comes before the sender does (MIG-20). A guest that sleeps hands all its
 * free memory over in a few milliseconds, so the first round waits until the guest has said that it
 * has no more, or, where that cannot be known, while hints keep coming.
 */
final class HintWait {
  /** What is done in the meantime. */
  interface Work {
    /** Does a little of it; false if there is nothing to do. */
    boolean more() throws IOException;
  }

  private static final long LOOK = 500_000;
  private static final long QUIET = 3_000_000;

  private HintWait() {}

  /**
   * Waits at most so long.
   *
   * @return ns waited with nothing to do
   */
  static long await(
      DirtyPages dirty, SwitchOver switchOver, Pacing pacing, int millis, Work meanwhile)
      throws IOException {
    long begin = System.nanoTime();
    long idle = 0;
    long deadline = begin + TimeUnit.MILLISECONDS.toNanos(millis);
    long lastCount = 0;
    long lastChange = begin;
    while (true) {
      long now = System.nanoTime();
      long count = dirty.hints();
      if (count != lastCount) {
        lastCount = count;
        lastChange = now;
      }
      boolean quiet = count > 0 && now - lastChange > QUIET;
      if (quiet || now >= deadline || switchOver.hintRoundOver()) {
        return idle;
      }
      if (!meanwhile.more()) {
        pacing.idle(LOOK);
        idle += System.nanoTime() - now;
      }
    }
  }
}
