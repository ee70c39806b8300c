package aerostat.tools.stress;

import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The vCPU's form where a loop stores to neighbouring words: all the data, a release fence, then
 * the unconditional marks of all pages.
 */
@JCStressTest
@Outcome(id = "[12], [12]", expect = Expect.ACCEPTABLE, desc = "each write is sent or still logged")
@Outcome(expect = Expect.FORBIDDEN, desc = "a write is neither sent nor logged")
public class FenceMarkStripHarvest {
  @Actor
  public void guest(TwoPages pages) {
    pages.page0 = 1;
    pages.page1 = 1;
    VarHandle.releaseFence();
    pages.cards[0] = 1;
    pages.cards[1] = 1;
  }

  @Actor
  public void migration(TwoPages pages) {
    pages.swapAndSend();
  }

  @Arbiter
  public void arbiter(TwoPages pages, II_Result result) {
    pages.judge(result);
  }
}
