package aerostat.tools.ringstress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A wrong form of {@link PackedInterruptByEvent}: the device looks without a full fence. A release
 * store and an acquire load behind it may change places.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the driver sleeps and gets an interrupt")
@Outcome(
    id = "0, 1",
    expect = Expect.ACCEPTABLE,
    desc = "the driver sees what was used and does not sleep")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "an interrupt too many, which is legal")
@Outcome(
    id = "0, 0",
    expect = Expect.ACCEPTABLE_INTERESTING,
    desc = "a lost interrupt: neither saw what the other wrote")
public class PackedInterruptByEventWithoutFence {
  @State
  public static class Queue extends Rings {
    public Queue() {
      super(true, true);
      inFlight(2);
    }
  }

  @Actor
  public void device(Queue rings, II_Result r) {
    rings.fill(2);
    r.r1 = rings.device.flushWithoutFence(2) ? 1 : 0;
  }

  @Actor
  public void driver(Queue rings, II_Result r) {
    r.r2 = rings.enableCallbacks();
  }
}
