package aerostat.tools.ringstress;

import aerostat.guest.virtio.VirtioRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Entries that come back together are whole for whoever sees the used index: fill, fill, flush
 * against getBuf.
 */
@JCStressTest
@Outcome(
    id = "0, 0, 0",
    expect = Expect.ACCEPTABLE,
    desc = "the index is not there yet, and nothing is read")
@Outcome(
    id = "2, 16, 3",
    expect = Expect.ACCEPTABLE,
    desc = "the first buffer, its length, the second")
@Outcome(expect = Expect.FORBIDDEN, desc = "the index without its entries, or an index in between")
public class SplitUsed {
  @State
  public static class Queue extends Rings {
    public Queue() {
      super(false, false);
      inFlight(2);
    }
  }

  @Actor
  public void device(Queue rings) {
    rings.fill(2);
    var unused = rings.flush();
  }

  @Actor
  public void driver(Queue rings, III_Result r) {
    r.r1 = (int) VirtioRing.getBuf(rings.q);
    if (r.r1 != 0) {
      r.r2 = rings.q.lastLength();
      r.r3 = (int) VirtioRing.getBuf(rings.q);
    }
  }
}
