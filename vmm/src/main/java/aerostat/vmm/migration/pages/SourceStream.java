package aerostat.vmm.migration.pages;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.mmio.memory.PageOwners;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.PayloadReader;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.RunTable;
import aerostat.vmm.migration.wire.WireLimits;
import aerostat.vmm.migration.wire.WireReader;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a stream that do not depend on when they are sent: setup, and what follows a pause.
 */
public final class SourceStream {
  private static final int OWNER_ENTRY = 16;

  private SourceStream() {}

  /** SETUP and the image. */
  public static void setup(SetupMessage setup, byte[] image, WireWriter out) throws IOException {
    out.send(MessageType.SETUP, setup.encode());
    int part = MessageType.IMAGE.maxData();
    for (int at = 0; at < image.length; at += part) {
      out.send(
          MessageType.IMAGE,
          new PayloadWriter().u64(at).done(),
          ByteBuffer.wrap(image, at, Math.min(part, image.length - at)));
    }
  }

  /** The numbered barrier: what follows belongs to the next round. */
  public static void barrier(int round, long pages, WireWriter out) throws IOException {
    out.send(MessageType.ROUND, new PayloadWriter().u32(round).u64(pages).done());
  }

  /** The number of a barrier. */
  public static int round(PayloadReader fields) throws MigrationStreamException {
    int round = fields.u32("round");
    fields.u64("pages");
    fields.end();
    return round;
  }

  /**
   * What comes after the last page: the free set, owners, checksums if wanted, and the flat state;
   * the guest is paused.
   *
   * @param verify pages whose checksums are left out; null: there are none
   * @param free pages that the destination is to fill; null: it may have anything in them
   */
  public static void state(
      MovableGuest guest, @Nullable PageBitmap verify, @Nullable FreeSet free, WireWriter out)
      throws IOException {
    if (free != null) {
      free.send(out);
    }
    owners(guest.memory().owners().save(), out);
    if (verify != null) {
      PageVerifier.send(guest.memory(), verify, free, out);
    }
    byte[] state = guest.flatState().save();
    out.send(
        MessageType.STATE, new PayloadWriter().u32(state.length).done(), ByteBuffer.wrap(state));
  }

  private static void owners(List<PageOwners.Run> runs, WireWriter out) throws IOException {
    int part = MessageType.OWNERS.maxPayload() / OWNER_ENTRY;
    for (int at = 0; at < runs.size(); at += part) {
      PayloadWriter payload = new PayloadWriter();
      for (PageOwners.Run run : runs.subList(at, Math.min(runs.size(), at + part))) {
        payload.u64(run.firstPage()).u64(run.pages() << 8 | run.owner());
      }
      out.send(MessageType.OWNERS, payload.done());
    }
  }

  /** The pages that come after the guest. */
  public static void missing(PageBitmap pages, WireWriter out) throws IOException {
    RunTable ranges = new RunTable(WireLimits.MAX_RANGES);
    for (long page = pages.nextSet(0); page >= 0; ) {
      if (ranges.full()) {
        sendMissing(ranges, out);
      }
      long end = pages.nextClear(page);
      ranges.add(page, Math.toIntExact(end - page), true);
      page = pages.nextSet(end);
    }
    sendMissing(ranges, out);
  }

  private static void sendMissing(RunTable ranges, WireWriter out) throws IOException {
    out.send(MessageType.MISSING, java.util.Arrays.copyOf(ranges.bytes(), ranges.length()));
    ranges.clear();
  }

  /** The runs of one OWNERS message, checked against RAM. */
  public static void owners(WireReader in, GuestMemory memory, List<PageOwners.Run> into)
      throws IOException {
    PayloadReader fields = in.fields();
    long end = into.isEmpty() ? 0 : into.getLast().end();
    while (fields.remaining() > 0) {
      long first = fields.within("first page", end, memory.pages() - 1);
      long packed = fields.u64("owner");
      long pages = packed >>> 8;
      byte owner = (byte) packed;
      if (pages == 0
          || pages > memory.pages() - first
          || owner <= PageOwners.GUEST
          || owner > PageOwners.REPORTED) {
        throw fields.bad("run of " + pages + " pages of owner " + owner + " from " + first);
      }
      end = first + pages;
      into.add(new PageOwners.Run(first, pages, owner));
    }
  }
}
