package aerostat.tools.ringstress;

import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A wrong form of {@link Notification}: the driver looks without mb. Its index may still wait in
 * the store buffer when it reads the old wish.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the device sleeps and is woken")
@Outcome(
    id = "0, 1",
    expect = Expect.ACCEPTABLE,
    desc = "the device sees the buffer and needs no notification")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "a notification too many, which is legal")
@Outcome(
    id = "0, 0",
    expect = Expect.ACCEPTABLE_INTERESTING,
    desc = "a lost wake-up: neither saw what the other wrote")
public class NotificationWithoutFence {
  @Actor
  public void driver(SplitRing ring, II_Result r) {
    ring.add();
    r.r1 = ring.wantsKick() ? 1 : 0;
  }

  @Actor
  public void device(SplitRing ring, II_Result r) {
    ring.allow();
    VarHandle.fullFence();
    r.r2 = ring.loadAvailable();
  }
}
