package aerostat.devices.balloon;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import java.util.Arrays;

/**
 * What the host does with pages that a bitmap calls free. It may always forget them, as a hint. To
 * discard them, or to call them clean in the dirty log, is right only while they are still free:
 * with REQUEST_ID and without DROP_LOCK, when the guest keeps its zone's lock until the reply is
 * used. With other drivers these two lose writes; they are there to show it.
 */
final class FreePagesAction {
  private final BalloonState state;
  private final GuestMemory memory;
  private final boolean discard;
  private final boolean clean;

  FreePagesAction(BalloonState state, GuestMemory memory, BalloonOptions options) {
    this.state = state;
    this.memory = memory;
    this.discard = options.has(BalloonProperty.DISCARD_FREE_PAGES);
    this.clean = options.has(BalloonProperty.CLEAN_FREE_PAGES);
  }

  /** Takes runs of free pages for a migration. */
  PageRuns.Sink into(FreePageHintSink sink) {
    return (gpa, pages) -> free(gpa, pages, sink);
  }

  private void free(long gpa, long pages, FreePageHintSink sink) {
    long from = Math.max(gpa, GuestMemory.RAM_BASE + memory.romSize());
    long to = Math.min(gpa + (pages << GuestMemory.PAGE_SHIFT), memory.end());
    long length = Math.max(0, to - from);
    long inside = length >>> GuestMemory.PAGE_SHIFT;
    state.count(BalloonCounter.PAGES_HINTED, inside);
    state.count(BalloonCounter.HINT_PAGES_REFUSED, pages - inside);
    if (inside == 0) {
      return;
    }
    if (discard) {
      memory.discard(from, length);
    }
    long page = (from - GuestMemory.RAM_BASE) >>> GuestMemory.PAGE_SHIFT;
    if (clean) {
      Arrays.fill(memory.dirtyLog().cards(), (int) page, (int) (page + inside), (byte) 0);
    }
    memory.owners().replace(page, page + inside, PageOwners.GUEST, PageOwners.HINTED);
    sink.hint(from, length);
  }

  /** Device reset: no page is hinted any more. */
  void reset() {
    memory.owners().replace(0, memory.pages(), PageOwners.HINTED, PageOwners.GUEST);
  }
}
