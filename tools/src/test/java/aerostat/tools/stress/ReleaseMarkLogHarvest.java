package aerostat.tools.stress;

import aerostat.mmio.memory.DirtyLog;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/** The product's own code, {@link DirtyLog#mark} against {@link DirtyLog#harvest}. */
@JCStressTest
@Outcome(id = "[12], [12]", expect = Expect.ACCEPTABLE, desc = "each write is sent or still logged")
@Outcome(expect = Expect.FORBIDDEN, desc = "a write is neither sent nor logged")
public class ReleaseMarkLogHarvest {
  @Actor
  public void guest(TwoPages pages) {
    pages.page0 = 1;
    pages.log.mark(GuestMemory.RAM_BASE, 1);
    pages.page1 = 1;
    pages.log.mark(GuestMemory.RAM_BASE + GuestMemory.PAGE_SIZE, 1);
  }

  @Actor
  public void migration(TwoPages pages) {
    PageBitmap found = pages.harvest();
    pages.send(found.get(0), found.get(1));
  }

  @Arbiter
  public void arbiter(TwoPages pages, II_Result result) {
    pages.judge(result);
  }
}
