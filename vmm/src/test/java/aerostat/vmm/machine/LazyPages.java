package aerostat.vmm.machine;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageGate;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.migration.postcopy.MissingPages;
import java.lang.foreign.MemorySegment;

/** Brings pages of a guest that has gone before them, as they are touched. */
record LazyPages(GuestMemory from, GuestMemory to, MissingPages missing) implements PageGate {
  private static final byte JUNK = 0x5a;

  @Override
  public void await(long first, long last) {
    for (long page = first; page <= last; page++) {
      missing.place(page, page(from, page));
    }
  }

  @Override
  public boolean mayCome() {
    return true;
  }

  /** Whatever lies where pages are missing must not be seen. */
  void junkMissing() {
    for (long page = missing.nextMissing(0); page >= 0; page = missing.nextMissing(page + 1)) {
      page(to, page).fill(JUNK);
    }
  }

  /** Nor what lies in hinted pages. */
  static void junkHinted(GuestMemory memory) {
    fillHinted(memory, JUNK);
  }

  /** Hinted pages that were not written since have these bytes from now on; no mark says so. */
  static void fillHinted(GuestMemory memory, byte fill) {
    PageOwners owners = memory.owners();
    for (PageOwners.Run run = owners.next(0); run != null; run = owners.next(run.end())) {
      if (run.owner() == PageOwners.HINTED) {
        memory
            .segment()
            .asSlice(
                run.firstPage() << GuestMemory.PAGE_SHIFT, run.pages() << GuestMemory.PAGE_SHIFT)
            .fill(fill);
      }
    }
  }

  /** All other pages come. */
  void rest() {
    await(0, from.pages() - 1);
  }

  private static MemorySegment page(GuestMemory memory, long page) {
    return memory.segment().asSlice(page << GuestMemory.PAGE_SHIFT, GuestMemory.PAGE_SIZE);
  }
}
