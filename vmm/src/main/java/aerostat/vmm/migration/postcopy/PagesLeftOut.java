package aerostat.vmm.migration.postcopy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.migration.pages.FreeSet;
import aerostat.vmm.migration.pages.PageReceiver;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.RunTable;
import org.jspecify.annotations.Nullable;

/**
 * What a source tells of the pages that it does not send before the guest runs: those that come
 * afterwards, and those that nobody needs. No page is both.
 */
public final class PagesLeftOut {
  private final GuestMemory memory;
  private final PageReceiver receiver;
  private final long firstPage;
  private @Nullable MissingPages missing;
  private long missingEnd;
  private long freeEnd;

  public PagesLeftOut(GuestMemory memory, PageReceiver receiver) {
    this.memory = memory;
    this.receiver = receiver;
    this.firstPage = memory.romSize() >>> GuestMemory.PAGE_SHIFT;
    this.missingEnd = firstPage;
    this.freeEnd = firstPage;
  }

  /** Pages that come after the guest, or null. */
  public @Nullable MissingPages missing() {
    return missing;
  }

  /** A MISSING message: checked as a whole, and behind the one before. */
  public void missing(byte[] table) throws MigrationStreamException {
    if (freeEnd != firstPage) {
      throw new MigrationStreamException("MISSING: after FREE");
    }
    var unused = PageReceiver.check(MessageType.MISSING, table, missingEnd, memory.pages());
    MissingPages pages = missing == null ? new MissingPages(memory) : missing;
    missing = pages;
    for (int i = 0; i < table.length / RunTable.ENTRY; i++) {
      long first = RunTable.first(table, i);
      missingEnd = first + RunTable.pages(table, i);
      pages.add(first, missingEnd);
    }
  }

  /** A FREE message: checked as a whole, then what came of its pages is dropped. */
  public void free(byte[] payload) throws MigrationStreamException {
    int fill = FreeSet.fill(payload);
    byte[] table = FreeSet.table(payload);
    var unused = PageReceiver.check(MessageType.FREE, table, freeEnd, memory.pages());
    int runs = table.length / RunTable.ENTRY;
    MissingPages later = missing;
    for (int i = 0; i < runs && later != null; i++) {
      long first = RunTable.first(table, i);
      long next = later.nextMissing(first, first + RunTable.pages(table, i));
      if (next >= 0) {
        throw new MigrationStreamException("FREE: page " + next + " is to come after the guest");
      }
    }
    for (int i = 0; i < runs; i++) {
      long first = RunTable.first(table, i);
      freeEnd = first + RunTable.pages(table, i);
      receiver.fill(first, freeEnd, fill);
    }
  }
}
