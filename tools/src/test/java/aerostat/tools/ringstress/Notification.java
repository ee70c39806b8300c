package aerostat.tools.ringstress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A device with a split ring that goes to sleep says so in its flag USED_NO_NOTIFY, then looks once
 * more; the driver adds, then looks whether it is to notify. Both have a full fence in between.
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
  @State
  public static class Queue extends Rings {
    public Queue() {
      super(false, false);
    }
  }

  @Actor
  public void driver(Queue rings, II_Result r) {
    r.r1 = rings.addAndLook();
  }

  @Actor
  public void device(Queue rings, II_Result r) {
    r.r2 = rings.allowNotifications();
  }
}
