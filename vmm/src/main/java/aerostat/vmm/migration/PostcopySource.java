package aerostat.vmm.migration;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.UUID;

/**
 * The source after the guest has left without all of its pages: sends what the destination waits
 * for first, and everything else in between. The destination says at the beginning of each
 * connection what it has not got, so nothing is lost with a connection. For one thread.
 */
final class PostcopySource {
  private static final int PUSH_PAGES = 16;
  private static final long ONLY_LOOK = -1;

  private final GuestMemory memory;
  private final UUID uuid;
  private final MigrationStats stats;
  private final PageBitmap wanted;
  private final ArrayDeque<Long> urgent = new ArrayDeque<>();
  private final RamViews views;
  private boolean complete;
  private long position;

  PostcopySource(GuestMemory memory, UUID uuid, MigrationStats stats) {
    this.memory = memory;
    this.uuid = uuid;
    this.stats = stats;
    this.wanted = new PageBitmap(memory.pages());
    this.views = new RamViews(memory, 1);
  }

  /** Serves one connection until the destination has everything. */
  void serve(Link link) throws IOException {
    wanted.clearRange(0, memory.pages());
    urgent.clear();
    link.out().paused();
    link.out().send(MessageType.POSTCOPY, new PayloadWriter().uuid(uuid).done());
    while (!complete) {
      boolean idle = urgent.isEmpty() && wanted.nextSet(0) < 0;
      if (link.transport().awaitReadable(idle ? 0 : ONLY_LOOK)) {
        message(link);
      } else if (!urgent.isEmpty()) {
        long page = urgent.remove();
        if (wanted.testAndClear(page)) {
          send(link, page, 1);
        }
      } else {
        push(link);
      }
    }
  }

  private void push(Link link) throws IOException {
    long first = wanted.nextSet(position);
    if (first < 0) {
      first = wanted.nextSet(0);
      if (first < 0) {
        return;
      }
    }
    int count = (int) (Math.min(wanted.nextClear(first), first + PUSH_PAGES) - first);
    count = (int) (RamViews.cut(first, first + count) - first);
    wanted.clearRange(first, first + count);
    position = first + count;
    send(link, first, count);
  }

  private void send(Link link, long first, int count) throws IOException {
    RunTable table = new RunTable(1);
    table.add(first, count, false);
    boolean zero =
        memory.isZero(
            GuestMemory.RAM_BASE + (first << GuestMemory.PAGE_SHIFT),
            (long) count << GuestMemory.PAGE_SHIFT);
    if (zero) {
      link.out().send(MessageType.ZERO, table.bytes());
      stats.zeroPages(count);
    } else {
      ByteBuffer[] data = {views.view(0, first, count)};
      link.out().send(MessageType.PAGES, table.bytes(), table.length(), data, 1, true);
      stats.dataPages(count);
    }
    stats.postcopied((long) count << GuestMemory.PAGE_SHIFT);
  }

  private void message(Link link) throws IOException {
    WireHeader header = link.in().next();
    if (header.type() == MessageType.COMPLETE) {
      link.in().fields().end();
      complete = true;
      return;
    }
    link.expect(header, MessageType.WANT);
    PayloadReader fields = link.in().fields();
    boolean first = fields.u8("urgent") == 0;
    while (fields.remaining() > 0) {
      long from = fields.within("first page", 0, memory.pages() - 1);
      long count = fields.within("pages", 1, memory.pages() - from);
      if (first) {
        wanted.setRange(from, from + count);
      } else {
        wanted.setRange(from, from + count);
        for (long page = from; page < from + count; page++) {
          urgent.add(page);
        }
        position = from + count;
      }
    }
    link.in().end();
  }
}
