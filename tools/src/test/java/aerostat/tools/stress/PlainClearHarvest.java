package aerostat.tools.stress;

import aerostat.mmio.memory.GuestMemory;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/** A wrong form: the harvest reads the cards, then stores zeros over them. */
@JCStressTest
@Outcome(id = "[12], [12]", expect = Expect.ACCEPTABLE, desc = "each write is sent or still logged")
@Outcome(
    expect = Expect.ACCEPTABLE_INTERESTING,
    desc = "a mark set between the read and the zeros is wiped out unseen")
public class PlainClearHarvest {
  @Actor
  public void guest(TwoPages pages) {
    pages.page0 = 1;
    pages.log.mark(GuestMemory.RAM_BASE, 1);
    pages.page1 = 1;
    pages.log.mark(GuestMemory.RAM_BASE + GuestMemory.PAGE_SIZE, 1);
  }

  @Actor
  public void migration(TwoPages pages) {
    boolean first = pages.cards[0] != 0;
    boolean second = pages.cards[1] != 0;
    pages.cards[0] = 0;
    pages.cards[1] = 0;
    VarHandle.fullFence();
    pages.send(first, second);
  }

  @Arbiter
  public void arbiter(TwoPages pages, II_Result result) {
    pages.judge(result);
  }
}
