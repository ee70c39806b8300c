package aerostat.vmm.migration.pages;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.RunTable;
import aerostat.vmm.migration.wire.WireLimits;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One PAGES message in the making: runs of pages and views of their bytes; used again and again.
 */
final class PageBatch {
  private final RunTable runs = new RunTable(WireLimits.MAX_RUNS);
  private final ByteBuffer[] data = new ByteBuffer[WireLimits.MAX_RUNS];
  private final RamViews views;
  private int pages;

  PageBatch(GuestMemory memory) {
    this.views = new RamViews(memory, WireLimits.MAX_RUNS);
  }

  boolean isEmpty() {
    return runs.count() == 0;
  }

  /** How many more pages fit; 0 also when no further run fits. */
  int room(int most) {
    return runs.full() ? 0 : Math.max(0, most - pages);
  }

  /** Adds a run that fits and that one view can cover. */
  void add(long page, int count) {
    data[runs.count()] = views.view(runs.count(), page, count);
    runs.add(page, count, false);
    pages += count;
  }

  /** Sends it straight out of guest memory, and is empty afterwards. */
  void send(WireWriter out) throws IOException {
    int count = runs.count();
    if (count > 0) {
      out.send(MessageType.PAGES, runs.bytes(), runs.length(), data, count, false);
      runs.clear();
      pages = 0;
    }
  }
}
