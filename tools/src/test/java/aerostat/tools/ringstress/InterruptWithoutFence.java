package aerostat.tools.ringstress;

import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A wrong form of {@link Interrupt}: the device looks without a full fence. A release store and an
 * acquire load behind it may change places.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the driver sleeps and gets an interrupt")
@Outcome(
    id = "0, 1",
    expect = Expect.ACCEPTABLE,
    desc = "the driver sees the used buffer and does not sleep")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "an interrupt too many, which is legal")
@Outcome(
    id = "0, 0",
    expect = Expect.ACCEPTABLE_INTERESTING,
    desc = "a lost interrupt: neither saw what the other wrote")
public class InterruptWithoutFence {
  @Actor
  public void device(SplitRing ring, II_Result r) {
    ring.usedEntry = 1;
    ring.storeUsed(1);
    r.r1 = ring.wantsInterrupt() ? 1 : 0;
  }

  @Actor
  public void driver(SplitRing ring, II_Result r) {
    ring.noInterrupt = 0;
    VarHandle.fullFence();
    r.r2 = ring.usedIndex;
  }
}
