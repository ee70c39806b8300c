package aerostat.tools.ringstress;

import aerostat.mmio.virtio.DescriptorChain;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A buffer is whole for whoever sees the available index that exposes it. */
@JCStressTest
@Outcome(
    id = "0, 0",
    expect = Expect.ACCEPTABLE,
    desc = "the index is not there yet, and nothing is read")
@Outcome(id = "2, 16", expect = Expect.ACCEPTABLE, desc = "address and length of the second buffer")
@Outcome(expect = Expect.FORBIDDEN, desc = "a buffer without what belongs to it")
public class SplitAvailable {
  @State
  public static class Queue extends Rings {
    public Queue() {
      super(false, false);
    }
  }

  @Actor
  public void driver(Queue rings) {
    rings.add();
  }

  @Actor
  public void device(Queue rings, II_Result r) {
    DescriptorChain chain = rings.device.queue().pop();
    if (chain != null) {
      r.r1 = Rings.number(chain.writableAddress(0));
      r.r2 = (int) chain.writableLength(0);
    }
  }
}
