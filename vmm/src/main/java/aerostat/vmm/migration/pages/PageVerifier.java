package aerostat.vmm.migration.pages;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.WireLimits;
import aerostat.vmm.migration.wire.WireReader;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Page by page verification (x-verify): with the guest paused the source sends a CRC32C of every
 * page, the destination compares before READY. Pages that a hint kept back are left out, for nobody
 * may read them before writing them, unless the destination fills them; and so are those that come
 * after the guest.
 *
 * <p>Payload: first page u64, count u32, then a bit a page (1: left out). Data: a CRC a page.
 */
public final class PageVerifier {
  private static final int STEP = WireLimits.VERIFY_PAGES;
  private static final int FIXED = 12;

  private PageVerifier() {}

  static void send(GuestMemory memory, PageBitmap leftOut, @Nullable FreeSet free, WireWriter out)
      throws IOException {
    int fill = free == null ? 0 : sum(FreeSet.page(free.fill()).asByteBuffer());
    ByteBuffer sums = ByteBuffer.allocateDirect(STEP * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (long first = 0; first < memory.pages(); first += STEP) {
      int count = (int) Math.min(STEP, memory.pages() - first);
      byte[] payload = new byte[FIXED + (count + 7) / 8];
      ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).putLong(first).putInt(count);
      sums.clear();
      for (int i = 0; i < count; i++) {
        boolean skip = leftOut.get(first + i);
        if (skip) {
          payload[FIXED + i / 8] |= (byte) (1 << (i % 8));
        }
        boolean filled = free != null && free.pages().get(first + i);
        sums.putInt(skip ? 0 : filled ? fill : sum(memory, first + i));
      }
      out.send(MessageType.VERIFY, payload, sums.flip());
    }
  }

  /**
   * Compares one message.
   *
   * @param expectedFirst the page that must come next
   * @return the page after the last one compared
   * @throws MigrationStreamException that names the first page that differs
   */
  public static long check(GuestMemory memory, WireReader in, long expectedFirst)
      throws IOException {
    byte[] payload = in.payload();
    if (payload.length < FIXED) {
      throw new MigrationStreamException("VERIFY: too short");
    }
    ByteBuffer fields = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    long first = fields.getLong();
    int count = fields.getInt();
    if (first != expectedFirst
        || count <= 0
        || count > STEP
        || count > memory.pages() - first
        || payload.length != FIXED + (count + 7) / 8) {
      throw new MigrationStreamException("VERIFY: " + count + " pages from " + first);
    }
    byte[] data = in.data();
    if (data.length != count * 4) {
      throw new MigrationStreamException("VERIFY: " + data.length + " bytes of checksums");
    }
    ByteBuffer sums = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      boolean skip = (payload[FIXED + i / 8] >> (i % 8) & 1) != 0;
      if (!skip && sum(memory, first + i) != sums.getInt(i * 4)) {
        throw new MigrationStreamException(
            "x-verify: page %d (guest address 0x%x) differs from the source's"
                .formatted(
                    first + i, GuestMemory.RAM_BASE + ((first + i) << GuestMemory.PAGE_SHIFT)));
      }
    }
    return first + count;
  }

  private static int sum(GuestMemory memory, long page) {
    MemorySegment ram = memory.segment();
    return sum(ram.asSlice(page << GuestMemory.PAGE_SHIFT, GuestMemory.PAGE_SIZE).asByteBuffer());
  }

  private static int sum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
