package aerostat.tools.ringstress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/** The event's position counts only with flags DESC, so it is there before them. */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the driver wants no interrupt yet")
@Outcome(id = "2, 5", expect = Expect.ACCEPTABLE, desc = "it wants one, at its position")
@Outcome(expect = Expect.FORBIDDEN, desc = "DESC with a position that it never had")
public class PackedEvent {
  @Actor
  public void driver(PackedRing ring) {
    ring.enableCallbacks(5);
  }

  @Actor
  public void device(PackedRing ring, II_Result r) {
    r.r1 = ring.loadEventFlags();
    if (r.r1 == PackedRing.DESC) {
      r.r2 = ring.eventPosition;
    }
  }
}
