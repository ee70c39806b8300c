package aerostat.vmm.migration.postcopy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.pages.PageReceiver;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.RunTable;
import aerostat.vmm.migration.wire.WireHeader;
import aerostat.vmm.migration.wire.WireLimits;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The destination's end of a connection that brings missing pages. The connection's thread reads
 * and places; another asks for what the guest waits for.
 */
final class PostcopyDestination {
  private static final Logger LOG = LoggerFactory.getLogger(PostcopyDestination.class);
  private static final int MOST_ASKED = 64;
  private static final int RANGES = 200;

  private final GuestMemory memory;
  private final MissingPages missing;
  private final MigrationStats stats;
  private final ByteBuffer data =
      ByteBuffer.allocateDirect(WireLimits.MAX_DATA_PAGES * GuestMemory.PAGE_SIZE);

  PostcopyDestination(GuestMemory memory, MissingPages missing, MigrationStats stats) {
    this.memory = memory;
    this.missing = missing;
    this.stats = stats;
  }

  /**
   * Until every page is there.
   *
   * @throws IOException if the connection ends first
   * @throws MigrationStreamException if the source breaks the protocol, which it was told; another
   *     connection may go on
   */
  void serve(Link link) throws IOException {
    try {
      take(link);
    } catch (MigrationStreamException e) {
      link.refuse(String.valueOf(e.getMessage()));
      link.linger();
      throw e;
    }
  }

  private void take(Link link) throws IOException {
    askForAll(link);
    missing.linked(true);
    Thread asker = new Thread(() -> ask(link), "migration-want");
    asker.setDaemon(true);
    asker.start();
    try {
      while (missing.left() > 0) {
        message(link, link.in().next());
      }
    } finally {
      missing.linked(false);
      join(asker);
    }
    link.out().send(MessageType.COMPLETE, new byte[0]);
  }

  private static void join(Thread asker) {
    try {
      asker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void askForAll(Link link) throws IOException {
    PayloadWriter want = new PayloadWriter().u8(0);
    int ranges = 0;
    for (long page = missing.nextMissing(0); page >= 0; ) {
      long end = page + 1;
      while (end < memory.pages() && missing.nextMissing(end) == end) {
        end++;
      }
      want.u64(page).u64(end - page);
      if (++ranges == RANGES) {
        link.out().send(MessageType.WANT, want.done());
        want = new PayloadWriter().u8(0);
        ranges = 0;
      }
      page = missing.nextMissing(end);
    }
    link.out().send(MessageType.WANT, want.done());
  }

  private void ask(Link link) {
    try {
      while (true) {
        long[] pages = missing.takeWanted(MOST_ASKED);
        if (pages.length == 0) {
          return;
        }
        PayloadWriter want = new PayloadWriter().u8(1);
        for (long page : pages) {
          want.u64(page).u64(1);
        }
        link.out().send(MessageType.WANT, want.done());
      }
    } catch (IOException e) {
      LOG.debug("asking for pages: {}", e.toString());
      link.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void message(Link link, WireHeader header) throws IOException {
    boolean zero = header.type() == MessageType.ZERO;
    if (!zero) {
      link.expect(header, MessageType.PAGES);
      if (!header.has(WireHeader.DATA_CRC)) {
        throw new MigrationStreamException("PAGES after the guest without a checksum");
      }
    }
    byte[] table = link.in().payload();
    long total = PageReceiver.check(header.type(), table, firstPage(), memory.pages());
    if (!zero && total << GuestMemory.PAGE_SHIFT != header.dataLength()) {
      throw new MigrationStreamException(total + " pages, " + header.dataLength() + " bytes");
    }
    int runs = table.length / RunTable.ENTRY;
    for (int i = 0; i < runs; i++) {
      long first = RunTable.first(table, i);
      long there = missing.nextPresent(first, first + RunTable.pages(table, i));
      if (there >= 0) {
        throw new MigrationStreamException(header.type() + ": page " + there + " is not missing");
      }
    }
    // Into a buffer first: a page lands in RAM whole and checked, or not at all.
    data.clear().limit(header.dataLength());
    link.in().data(data);
    link.in().end();
    MemorySegment bytes = MemorySegment.ofBuffer(data.clear());
    long at = 0;
    for (int i = 0; i < runs; i++) {
      long first = RunTable.first(table, i);
      for (int k = 0; k < RunTable.pages(table, i); k++) {
        missing.place(first + k, zero ? null : bytes.asSlice(at, GuestMemory.PAGE_SIZE));
        at += zero ? 0 : GuestMemory.PAGE_SIZE;
      }
    }
    stats.postcopied(header.dataLength());
  }

  private long firstPage() {
    return memory.romSize() >>> GuestMemory.PAGE_SHIFT;
  }
}
