package aerostat.tools.stress;

import aerostat.mmio.memory.GuestMemory;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A wrong form: the guest spares the mark where the card has one. Its data may still wait in the
 * store buffer when it reads the old mark, which the harvest is about to take.
 */
@JCStressTest
@Outcome(id = "[12], [12]", expect = Expect.ACCEPTABLE, desc = "each write is sent or still logged")
@Outcome(
    expect = Expect.ACCEPTABLE_INTERESTING,
    desc = "the page was read before the data and no mark is left")
public class MarkOnlyIfClear {
  @Actor
  public void guest(TwoPages pages) {
    pages.page0 = 1;
    markIfClear(pages, 0);
    pages.page1 = 1;
    markIfClear(pages, 1);
  }

  private static void markIfClear(TwoPages pages, int page) {
    if (pages.cards[page] == 0) {
      pages.log.mark(GuestMemory.RAM_BASE + (long) page * GuestMemory.PAGE_SIZE, 1);
    }
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
