package aerostat.vmm.migration.pages;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.RunTable;
import aerostat.vmm.migration.wire.WireLimits;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The pages that are still hinted after the last harvest, and what the destination is to have in
 * them: zero, or what the guest fills its free pages with (POISON-10). Whatever came of such a page
 * before is dropped, so that a page which nobody sends is not one that somebody waits for (DEV-17).
 *
 * <p>A message: fill u32, (first page u64, count u32)…, ascending.
 *
 * @param pages [first page after the image, end of RAM); not to be changed while it is sent
 * @param fill each four bytes, little-endian
 */
public record FreeSet(PageBitmap pages, int fill) {
  /** Bytes before the ranges. */
  private static final int HEAD = 4;

  /** Of a guest that is paused, after its last sync. */
  public static FreeSet of(MovableGuest guest, DirtyPages dirty) {
    guest.lock().lock();
    try {
      return new FreeSet(dirty.free(), guest.balloon().poison());
    } finally {
      guest.lock().unlock();
    }
  }

  /** As many messages as it takes; none for no page. */
  public void send(WireWriter out) throws IOException {
    RunTable ranges = new RunTable(WireLimits.MAX_RANGES);
    for (long page = pages.nextSet(0); page >= 0; ) {
      if (ranges.full()) {
        send(ranges, out);
      }
      long end = pages.nextClear(page);
      ranges.add(page, Math.toIntExact(end - page), false);
      page = pages.nextSet(end);
    }
    if (ranges.count() > 0) {
      send(ranges, out);
    }
  }

  private void send(RunTable ranges, WireWriter out) throws IOException {
    byte[] payload = new byte[HEAD + ranges.length()];
    ByteBuffer.wrap(payload)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(fill)
        .put(ranges.bytes(), 0, ranges.length());
    out.send(MessageType.FREE, payload);
    ranges.clear();
  }

  /** The fill of a message. */
  public static int fill(byte[] payload) throws MigrationStreamException {
    if (payload.length < HEAD) {
      throw new MigrationStreamException("FREE: ends before fill");
    }
    return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt();
  }

  /** The ranges of a message, not checked. */
  public static byte[] table(byte[] payload) {
    return Arrays.copyOfRange(payload, HEAD, payload.length);
  }

  /** A page of a fill. */
  static MemorySegment page(int fill) {
    ByteBuffer page = ByteBuffer.allocate(GuestMemory.PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
    while (page.hasRemaining()) {
      page.putInt(fill);
    }
    return MemorySegment.ofArray(page.array());
  }
}
