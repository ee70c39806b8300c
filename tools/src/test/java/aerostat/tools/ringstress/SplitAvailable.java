package aerostat.tools.ringstress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.III_Result;

/** A chain is whole for whoever sees the available index that exposes it. */
@JCStressTest
@Outcome(
    id = "0, 0, 0",
    expect = Expect.ACCEPTABLE,
    desc = "the index is not there yet, and nothing is read")
@Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "index, entry and descriptor")
@Outcome(expect = Expect.FORBIDDEN, desc = "the index without what it exposes")
public class SplitAvailable {
  @Actor
  public void driver(SplitRing ring) {
    ring.add();
  }

  @Actor
  public void device(SplitRing ring, III_Result r) {
    r.r1 = ring.loadAvailable();
    if (r.r1 == 1) {
      r.r2 = ring.availableEntry;
      r.r3 = ring.descriptor;
    }
  }
}
