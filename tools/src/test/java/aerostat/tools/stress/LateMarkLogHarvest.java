package aerostat.tools.stress;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.LateMark;
import aerostat.mmio.memory.PageBitmap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;

/** A device's late mark over both pages, the product's own code, against the harvest. */
@JCStressTest
@Outcome(id = "[12], [12]", expect = Expect.ACCEPTABLE, desc = "each write is sent or still logged")
@Outcome(expect = Expect.FORBIDDEN, desc = "a write is neither sent nor logged")
public class LateMarkLogHarvest {
  @Actor
  public void device(TwoPages pages) {
    LateMark mark = pages.late;
    pages.page0 = 1;
    mark.written(GuestMemory.RAM_BASE, 2 * GuestMemory.PAGE_SIZE);
    pages.page1 = 1;
    mark.written(GuestMemory.RAM_BASE, 2 * GuestMemory.PAGE_SIZE);
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
