package aerostat.tools.ringstress;

import aerostat.guest.virtio.VirtioRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A used descriptor is whole for whoever sees its flags; each has its own. */
@JCStressTest
@Outcome(
    id = "0, 0, 0",
    expect = Expect.ACCEPTABLE,
    desc = "the flags are not there yet, and nothing is read")
@Outcome(
    id = "2, 16, 0",
    expect = Expect.ACCEPTABLE,
    desc = "the first buffer and its length, the second is not there yet")
@Outcome(
    id = "2, 16, 3",
    expect = Expect.ACCEPTABLE,
    desc = "the first buffer, its length, the second")
@Outcome(expect = Expect.FORBIDDEN, desc = "the flags without id or length")
public class PackedUsed {
  @State
  public static class Queue extends Rings {
    public Queue() {
      super(true, false);
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
