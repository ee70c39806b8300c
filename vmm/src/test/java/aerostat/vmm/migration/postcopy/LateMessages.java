package aerostat.vmm.migration.postcopy;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.WireHeader;
import aerostat.vmm.migration.wire.WireLimits;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;

/** What comes after a guest, good and damaged, and a guest that waits for it. */
final class LateMessages {
  static final UUID ID = new UUID(7, 8);
  static final int PAGE = GuestMemory.PAGE_SIZE;
  static final long PAGES = 512;
  static final int ROM = 2;
  static final int FROM = 100;
  static final int TO = 140;

  /** One side's messages. */
  interface Script {
    void write(WireWriter out) throws IOException;
  }

  static byte[] bytes(Script script) throws IOException {
    MemoryTransport.Pipe pipe = new MemoryTransport.Pipe();
    WireWriter out = new WireWriter(new MemoryTransport(new MemoryTransport.Pipe(), pipe));
    script.write(out);
    return pipe.pending();
  }

  static byte[] runs(long... runs) {
    PayloadWriter payload = new PayloadWriter();
    for (int i = 0; i < runs.length; i += 2) {
      payload.u64(runs[i]).u32((int) runs[i + 1]);
    }
    return payload.done();
  }

  static byte[] want(int urgent, long... ranges) {
    PayloadWriter payload = new PayloadWriter().u8(urgent);
    for (long number : ranges) {
      payload.u64(number);
    }
    return payload.done();
  }

  static byte content(long page) {
    return (byte) (page * 7 + 1);
  }

  static ByteBuffer data(long first, int pages) {
    byte[] bytes = new byte[pages * PAGE];
    for (int i = 0; i < pages; i++) {
      Arrays.fill(bytes, i * PAGE, (i + 1) * PAGE, content(first + i));
    }
    return ByteBuffer.wrap(bytes);
  }

  static void pages(WireWriter out, long first, int count) throws IOException {
    out.send(MessageType.PAGES, runs(first, count), data(first, count));
  }

  /** Changes a header field and seals the header again. */
  static byte[] field(byte[] stream, int start, int offset, int bytes, int value) {
    byte[] bad = stream.clone();
    ByteBuffer view = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < bytes; i++) {
      view.put(start + offset + i, (byte) (value >>> (8 * i)));
    }
    seal(bad, start);
    return bad;
  }

  static void seal(byte[] stream, int start) {
    ByteBuffer view = ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN);
    CRC32C crc = new CRC32C();
    crc.update(stream, start, WireHeader.BYTES - 4);
    view.putInt(start + WireHeader.BYTES - 4, (int) crc.getValue());
  }

  static void unchecked(WireWriter out) throws IOException {
    out.send(MessageType.PAGES, runs(110, 1), 12, new ByteBuffer[] {data(110, 1)}, 1, false);
  }

  /** A message that would be right, but for one thing. */
  static void damaged(byte[] good, Map<String, byte[]> bad) {
    for (int cut : new int[] {0, 1, 35, 36, 37, good.length - 1}) {
      if (cut < good.length) {
        bad.put("cut at " + cut, Arrays.copyOf(good, cut));
      }
    }
    bad.put("type 0", field(good, 0, 6, 1, 0));
    bad.put("type 25", field(good, 0, 6, 1, MessageType.values().length + 1));
    bad.put("type 255", field(good, 0, 6, 1, 255));
    bad.put("version 0", field(good, 0, 4, 2, 0));
    bad.put("version 3", field(good, 0, 4, 2, WireLimits.VERSION + 1));
    bad.put("magic", field(good, 0, 0, 4, 0x4d524542));
    bad.put("flags", field(good, 0, 7, 1, 0x83));
    bad.put("channel 1", field(good, 0, 8, 2, 1));
    bad.put("channel 17", field(good, 0, 8, 2, 17));
    bad.put("reserved", field(good, 0, 10, 2, 1));
    bad.put("sequence 1", field(good, 0, 12, 4, 1));
    bad.put("sequence -1", field(good, 0, 12, 4, -1));
    bad.put("payload -1", field(good, 0, 16, 4, -1));
    bad.put("payload 2^30", field(good, 0, 16, 4, 1 << 30));
    bad.put("payload less", field(good, 0, 16, 4, 1));
    bad.put("data -1", field(good, 0, 20, 4, -1));
    bad.put("data 2^30", field(good, 0, 20, 4, 1 << 30));
    bad.put("payload checksum", field(good, 0, 24, 4, 4711));
    bad.put("data checksum", field(good, 0, 28, 4, 4711));
    byte[] header = good.clone();
    header[32] ^= 1;
    bad.put("header checksum", header);
  }

  /** A guest some of whose pages are missing. */
  static final class Waiting implements AutoCloseable {
    final GuestMemory memory = GuestMemory.anonymous(PAGES * PAGE);
    final MissingPages missing = new MissingPages(memory);

    Waiting() {
      memory.protectRom(ROM * (long) PAGE);
      memory.segment().fill((byte) 0x5a);
      missing.add(FROM, TO);
      missing.linked(true);
    }

    /** What the destination answered. */
    byte[] serve(byte[] stream) throws IOException {
      MemoryTransport.Pipe up = new MemoryTransport.Pipe();
      Link link = new Link(new MemoryTransport(MemoryTransport.Pipe.of(stream), up));
      new PostcopyDestination(memory, missing, new MigrationStats(ID, memory.size())).serve(link);
      return up.pending();
    }

    void untouched(String what) {
      assertThat(missing.left()).as(what).isEqualTo(TO - FROM);
      for (int page = 0; page < PAGES; page++) {
        assertThat(
                memory.segment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, (long) page * PAGE))
            .isEqualTo((byte) 0x5a);
      }
    }

    void whole() {
      for (int page = 0; page < PAGES; page++) {
        byte expected = page < FROM || page >= TO ? 0x5a : content(page);
        for (int at : new int[] {0, PAGE - 1}) {
          assertThat(
                  memory.segment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, page * PAGE + at))
              .as("page %d", page)
              .isEqualTo(expected);
        }
      }
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  private LateMessages() {}
}
