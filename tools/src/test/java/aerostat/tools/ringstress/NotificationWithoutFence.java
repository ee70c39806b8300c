package aerostat.tools.ringstress;

import aerostat.guest.virtio.DriverRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A wrong form of {@link Notification}: the driver looks without mb, while its flags or index may
 * wait in the store buffer.
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
  @State
  public static class Queue extends Rings {
    public Queue() {
      super(false, false);
    }
  }

  @Actor
  public void driver(Queue rings, II_Result r) {
    rings.add();
    r.r1 = DriverRing.kickPrepareWithoutFence(rings.q) ? 1 : 0;
  }

  @Actor
  public void device(Queue rings, II_Result r) {
    r.r2 = rings.allowNotifications();
  }
}
