package aerostat.vmm.migration.source;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.pages.DirtyPages;
import aerostat.vmm.migration.pages.PageSender;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Pages that the guest used when it came here, and that it hardly has given back since: they go
 * first, while it says what is free, so that its hints come before the sender does (MIG-20).
 */
final class KnownPages {
  private final DirtyPages dirty;
  private final PageSender sender;
  private final @Nullable PageBitmap used;
  private long position;
  private long sent;

  KnownPages(GuestMemory memory, DirtyPages dirty, PageSender sender) {
    this.dirty = dirty;
    this.sender = sender;
    this.used = memory.owners().cameInUse();
  }

  /** Whether any is known. */
  boolean any() {
    return used != null;
  }

  /** How many went. */
  long sent() {
    return sent;
  }

  /** Sends some; false if there are none left. */
  boolean more() throws IOException {
    PageBitmap known = used;
    while (known != null && position < known.pages()) {
      long first = known.nextSet(position);
      long page = first < 0 ? -1 : dirty.bits().nextSet(first);
      if (page < 0) {
        position = known.pages();
      } else if (!known.get(page)) {
        position = page;
      } else {
        long end = sender.next(page, known.nextClear(page));
        position = Math.max(end, page + 1);
        sent += Math.max(0, end - page);
        return true;
      }
    }
    return false;
  }
}
