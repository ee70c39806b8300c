package aerostat.tools.ringstress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A driver with a split ring that goes to sleep asks for interrupts in its flag AVAIL_NO_INTERRUPT
 * (enableCbPrepare), then looks once more (poll); the device flushes a used buffer, then looks
 * whether the driver wants one. Both have a full fence in between.
 *
 * <p>r1: the device interrupts. r2: the driver, about to sleep, sees a used buffer.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the driver sleeps and gets an interrupt")
@Outcome(
    id = "0, 1",
    expect = Expect.ACCEPTABLE,
    desc = "the driver sees what was used and does not sleep")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "an interrupt too many, which is legal")
@Outcome(expect = Expect.FORBIDDEN, desc = "a lost interrupt: the driver sleeps on used buffers")
public class Interrupt {
  @State
  public static class Queue extends Rings {
    public Queue() {
      super(false, false);
      inFlight(1);
    }
  }

  @Actor
  public void device(Queue rings, II_Result r) {
    rings.fill(1);
    r.r1 = rings.flush();
  }

  @Actor
  public void driver(Queue rings, II_Result r) {
    r.r2 = rings.enableCallbacks();
  }
}
