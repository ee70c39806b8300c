package aerostat.tools.ringstress;

import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Entries that come back together are whole for whoever sees the index: fill, fill, flush against
 * getBuf.
 */
@JCStressTest
@Outcome(
    id = "0, 0, 0",
    expect = Expect.ACCEPTABLE,
    desc = "the index is not there yet, and nothing is read")
@Outcome(id = "2, 1, 2", expect = Expect.ACCEPTABLE, desc = "the index and both entries")
@Outcome(expect = Expect.FORBIDDEN, desc = "the index without its entries, or an index in between")
public class SplitUsed {
  @Actor
  public void device(SplitRing ring) {
    ring.usedEntry = 1;
    ring.usedEntry2 = 2;
    ring.storeUsed(2);
  }

  @Actor
  public void driver(SplitRing ring, III_Result r) {
    r.r1 = ring.usedIndex;
    if (r.r1 != 0) {
      VarHandle.loadLoadFence();
      r.r2 = ring.usedEntry;
      r.r3 = ring.usedEntry2;
    }
  }
}
