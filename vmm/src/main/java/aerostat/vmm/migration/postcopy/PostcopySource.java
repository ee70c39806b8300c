package aerostat.vmm.migration.postcopy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.pages.RamViews;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.PayloadReader;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.RunTable;
import aerostat.vmm.migration.wire.WireHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.UUID;

/**
 * The source after the guest has left without all of its pages: sends what the destination waits
 * for first, and everything else in between. The destination says at the beginning of each
 * connection what it has not got, so nothing is lost with a connection. For one thread.
 */
public final class PostcopySource {
  private static final int PUSH_PAGES = 16;

  /** Pages that a destination may wait for at a time; each of its threads waits for one. */
  private static final int MOST_WAITED_FOR = 4096;

  private static final long ONLY_LOOK = -1;

  private final GuestMemory memory;
  private final UUID uuid;
  private final MigrationStats stats;

  /** All pages that went after the guest. */
  private final PageBitmap missing;

  /** Those that went off, on whatever connection; they may not have arrived. */
  private final PageBitmap sent;

  /** What this connection's destination has said that it has not got. */
  private final PageBitmap listed;

  /** Those of {@link #listed} that did not go yet. */
  private final PageBitmap wanted;

  private final ArrayDeque<Long> urgent = new ArrayDeque<>();
  private final RamViews views;
  private boolean complete;
  private long position;

  /**
   * @param missing pages that the destination was told to expect
   */
  public PostcopySource(GuestMemory memory, UUID uuid, PageBitmap missing, MigrationStats stats) {
    this.memory = memory;
    this.missing = missing;
    this.sent = new PageBitmap(memory.pages());
    this.listed = new PageBitmap(memory.pages());
    this.uuid = uuid;
    this.stats = stats;
    this.wanted = new PageBitmap(memory.pages());
    this.views = new RamViews(memory, 1);
  }

  /**
   * Serves one connection until the destination has everything.
   *
   * @throws MigrationStreamException if the destination breaks the protocol, which it was told;
   *     another connection may go on
   */
  public void serve(Link link) throws IOException {
    wanted.clearRange(0, memory.pages());
    listed.clearRange(0, memory.pages());
    urgent.clear();
    position = 0;
    try {
      bring(link);
    } catch (MigrationStreamException e) {
      link.refuse(String.valueOf(e.getMessage()));
      link.linger();
      throw e;
    }
  }

  private void bring(Link link) throws IOException {
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
    sent.setRange(first, first + count);
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
      link.in().end();
      complete();
      return;
    }
    link.expect(header, MessageType.WANT);
    PayloadReader fields = link.in().fields();
    boolean waitedFor = fields.bool("urgent");
    while (fields.remaining() > 0) {
      long from = fields.within("first page", 0, memory.pages() - 1);
      long to = from + fields.within("pages", 1, memory.pages() - from);
      if (waitedFor) {
        hurry(fields, from, to);
      } else {
        list(fields, from, to);
      }
    }
    link.in().end();
  }

  private void list(PayloadReader fields, long from, long to) throws MigrationStreamException {
    if (missing.nextClear(from) < to) {
      throw fields.bad("page " + missing.nextClear(from) + " does not come after the guest");
    }
    if (listed.setRange(from, to) != to - from) {
      throw fields.bad("pages from " + from + " to " + to + " asked for twice");
    }
    wanted.setRange(from, to);
  }

  /** A page that went off meanwhile is on its way: nothing to do. */
  private void hurry(PayloadReader fields, long from, long to) throws MigrationStreamException {
    if (listed.nextClear(from) < to) {
      throw fields.bad("page " + listed.nextClear(from) + " is waited for and not missing");
    }
    if (to - from > MOST_WAITED_FOR - urgent.size()) {
      throw fields.bad("more than " + MOST_WAITED_FOR + " pages are waited for");
    }
    for (long page = from; page < to; page++) {
      if (wanted.get(page)) {
        urgent.add(page);
      }
    }
    position = to;
  }

  private void complete() throws MigrationStreamException {
    PageBitmap never = missing.copy();
    never.andNot(sent);
    never.or(wanted);
    if (never.nextSet(0) >= 0) {
      throw new MigrationStreamException(
          "COMPLETE: " + never.cardinality() + " pages were never sent");
    }
    complete = true;
  }
}
