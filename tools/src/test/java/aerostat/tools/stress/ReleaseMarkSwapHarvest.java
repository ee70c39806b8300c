package aerostat.tools.stress;

import aerostat.mmio.memory.GuestMemory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The product's form at its barest: unconditional release mark after the data; swap, then fence,
 * before reading.
 */
@JCStressTest
@Outcome(id = "[12], [12]", expect = Expect.ACCEPTABLE, desc = "each write is sent or still logged")
@Outcome(expect = Expect.FORBIDDEN, desc = "a write is neither sent nor logged")
public class ReleaseMarkSwapHarvest {
  @Actor
  public void guest(TwoPages pages) {
    pages.page0 = 1;
    pages.log.mark(GuestMemory.RAM_BASE, 1);
    pages.page1 = 1;
    pages.log.mark(GuestMemory.RAM_BASE + GuestMemory.PAGE_SIZE, 1);
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
