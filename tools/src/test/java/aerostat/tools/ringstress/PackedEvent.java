package aerostat.tools.ringstress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The position of a driver's event suppression structure counts only with flags DESC, so it is
 * there before them.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the driver wants no interrupt yet")
@Outcome(id = "2, 32769", expect = Expect.ACCEPTABLE, desc = "it wants one, at its position")
@Outcome(expect = Expect.FORBIDDEN, desc = "DESC with a position that it never had")
public class PackedEvent {
  @State
  public static class Queue extends Rings {
    public Queue() {
      super(true, true);
    }
  }

  @Actor
  public void driver(Queue rings) {
    var unused = rings.enableCallbacks();
  }

  @Actor
  public void device(Queue rings, II_Result r) {
    r.r1 = rings.device.eventFlags();
    if (r.r1 == 2) {
      r.r2 = rings.device.eventPosition();
    }
  }
}
