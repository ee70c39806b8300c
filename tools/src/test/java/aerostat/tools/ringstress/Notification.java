package aerostat.tools.ringstress;

import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A device that goes to sleep allows notifications, then looks once more; the driver adds, then
 * looks whether it is to notify. Both have a full fence in between.
 *
 * <p>r1: the driver notifies. r2: the device, about to sleep, sees the buffer.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the device sleeps and is woken")
@Outcome(
    id = "0, 1",
    expect = Expect.ACCEPTABLE,
    desc = "the device sees the buffer and needs no notification")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "a notification too many, which is legal")
@Outcome(
    expect = Expect.FORBIDDEN,
    desc = "a lost wake-up: the device sleeps on a buffer of which nobody will tell it")
public class Notification {
  @Actor
  public void driver(SplitRing ring, II_Result r) {
    ring.add();
    VarHandle.fullFence();
    r.r1 = ring.wantsKick() ? 1 : 0;
  }

  @Actor
  public void device(SplitRing ring, II_Result r) {
    ring.allow();
    VarHandle.fullFence();
    r.r2 = ring.loadAvailable();
  }
}
