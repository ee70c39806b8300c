package aerostat.tools.bench.hinting;

import aerostat.tools.child.ChildFailure;
import java.io.IOException;
import java.time.Duration;

/**
 * The test of the v28 letter: a guest with a fixed amount of work for four threads, which goes to
 * and fro between two processes until the work is done.
 *
 * @param seconds from the guest's first print to the end of its work
 * @param migrations while it worked
 * @param pagesHinted of all of them
 */
public record PingPong(double seconds, int migrations, double pagesHinted) {
  private static final String DONE = "churn: done";

  /** How the guest moves. */
  public enum Way {
    STAYS("no migration"),
    WITHOUT_HINTS("ceaseless migration"),
    WITH_HINTS("ceaseless migration with hints");

    final String title;

    Way(String title) {
      this.title = title;
    }
  }

  /**
   * Plays it once.
   *
   * @throws ChildFailure if the guest loses anything, or had done its work before it was watched
   */
  public static PingPong once(Way way, long memory, long operations)
      throws IOException, ChildFailure {
    String append = "workload=churn churn.threads=4 churn.ops=" + operations;
    try (Pair pair = Pair.boot(memory, "free-page-hint=on", append, "virtio0: ready")) {
      long begin = System.nanoTime();
      if (pair.console().contains(DONE)) {
        throw new ChildFailure(
            "the guest did %d allocations before it could be watched: --churn should be more"
                .formatted(operations));
      }
      int migrations = 0;
      double hinted = 0;
      while (!pair.console().contains(DONE)) {
        if (way == Way.STAYS) {
          pair.here().awaitConsole(DONE, Duration.ofMinutes(30));
        } else {
          Object pages = pair.move(way == Way.WITH_HINTS).get("x-hinted-pages");
          hinted += pages instanceof Number n ? n.doubleValue() : 0;
          migrations++;
        }
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      if (!pair.console().contains("lost=0")) {
        throw new ChildFailure("churn has lost stamps");
      }
      return new PingPong(seconds, migrations, hinted);
    }
  }
}
