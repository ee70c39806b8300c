package aerostat.tools.ringstress;

import aerostat.mmio.virtio.Virtio;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * As {@link Interrupt} with VIRTIO_F_EVENT_IDX: the driver's wish is the number of an entry, and
 * two come back in one flush.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the driver sleeps and gets an interrupt")
@Outcome(
    id = "0, 2",
    expect = Expect.ACCEPTABLE,
    desc = "the driver sees the used buffers and does not sleep")
@Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "an interrupt too many, which is legal")
@Outcome(expect = Expect.FORBIDDEN, desc = "a lost interrupt: the driver sleeps on used buffers")
public class InterruptByEvent {
  @Actor
  public void device(SplitRing ring, II_Result r) {
    ring.usedEntry = 1;
    ring.usedEntry2 = 2;
    ring.storeUsed(2);
    VarHandle.fullFence();
    r.r1 = Virtio.eventPassed(ring.loadUsedEvent(), 0, 2) ? 1 : 0;
  }

  @Actor
  public void driver(SplitRing ring, II_Result r) {
    ring.usedEvent = 0;
    VarHandle.fullFence();
    r.r2 = ring.usedIndex;
  }
}
