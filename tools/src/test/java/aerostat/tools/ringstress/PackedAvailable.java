package aerostat.tools.ringstress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.III_Result;

/** A packed descriptor is whole for whoever sees its flags. */
@JCStressTest
@Outcome(
    id = "0, 0, 0",
    expect = Expect.ACCEPTABLE,
    desc = "the flags are not there yet, and nothing is read")
@Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "flags, address and id")
@Outcome(expect = Expect.FORBIDDEN, desc = "the flags without the descriptor")
public class PackedAvailable {
  @Actor
  public void driver(PackedRing ring) {
    ring.add();
  }

  @Actor
  public void device(PackedRing ring, III_Result r) {
    r.r1 = ring.loadFlags();
    if (r.r1 == PackedRing.AVAILABLE) {
      r.r2 = ring.address;
      r.r3 = ring.id;
    }
  }
}
