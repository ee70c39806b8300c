package aerostat.tools.ringstress;

import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A driver that goes to sleep asks for interrupts (enableCbPrepare), then looks once more (poll);
 * the device flushes, then looks whether the driver wants one. Flags, without the event index.
 *
 * <p>r1: the device interrupts. r2: the driver, about to sleep, sees the used index.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the driver sleeps and gets an interrupt")
@Outcome(
    id = "0, 1",
    expect = Expect.ACCEPTABLE,
    desc = "the driver sees the used buffer and does not sleep")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "an interrupt too many, which is legal")
@Outcome(expect = Expect.FORBIDDEN, desc = "a lost interrupt: the driver sleeps on a used buffer")
public class Interrupt {
  @Actor
  public void device(SplitRing ring, II_Result r) {
    ring.usedEntry = 1;
    ring.storeUsed(1);
    VarHandle.fullFence();
    r.r1 = ring.wantsInterrupt() ? 1 : 0;
  }

  @Actor
  public void driver(SplitRing ring, II_Result r) {
    ring.noInterrupt = 0;
    VarHandle.fullFence();
    r.r2 = ring.usedIndex;
  }
}
