package aerostat.tools.ringstress;

import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/** A used descriptor is whole for whoever sees its flags. */
@JCStressTest
@Outcome(
    id = "0, 0",
    expect = Expect.ACCEPTABLE,
    desc = "the flags are not there yet, and nothing is read")
@Outcome(id = "2, 9", expect = Expect.ACCEPTABLE, desc = "the flags and the id")
@Outcome(expect = Expect.FORBIDDEN, desc = "the flags without the id")
public class PackedUsed {
  @Actor
  public void device(PackedRing ring) {
    ring.id = 9;
    ring.storeFlags(PackedRing.USED);
  }

  @Actor
  public void driver(PackedRing ring, II_Result r) {
    r.r1 = ring.flags;
    if (r.r1 == PackedRing.USED) {
      VarHandle.loadLoadFence();
      r.r2 = ring.id;
    }
  }
}
