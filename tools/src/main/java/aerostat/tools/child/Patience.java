package aerostat.tools.child;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A limit to how long something may take. */
public final class Patience {
  private final long end;

  public Patience(Duration limit) {
    end = System.nanoTime() + limit.toNanos();
  }

  /** Waits that long; false, without waiting, once the limit is reached. */
  public boolean wait(Duration pause) {
    if (System.nanoTime() - end >= 0) {
      return false;
    }
    LockSupport.parkNanos(pause.toNanos());
    return true;
  }
}
