package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.postcopy.MissingPages;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/**
 * What comes after the guest, malformed, in both directions: each message is refused with a reason,
 * before it acts, and what is still to come comes on the next connection (DEV-17).
 */
class PostcopyStreamTest {
  private static final UUID ID = new UUID(7, 8);
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final long PAGES = 512;
  private static final int ROM = 2;
  private static final int FROM = 100;
  private static final int TO = 140;

  /** One side's messages. */
  private interface Script {
    void write(WireWriter out) throws IOException;
  }

  private static byte[] bytes(Script script) throws IOException {
    MemoryTransport.Pipe pipe = new MemoryTransport.Pipe();
    WireWriter out = new WireWriter(new MemoryTransport(new MemoryTransport.Pipe(), pipe));
    script.write(out);
    return pipe.pending();
  }

  private static byte[] runs(long... runs) {
    PayloadWriter payload = new PayloadWriter();
    for (int i = 0; i < runs.length; i += 2) {
      payload.u64(runs[i]).u32((int) runs[i + 1]);
    }
    return payload.done();
  }

  private static byte[] want(int urgent, long... ranges) {
    PayloadWriter payload = new PayloadWriter().u8(urgent);
    for (long number : ranges) {
      payload.u64(number);
    }
    return payload.done();
  }

  private static byte content(long page) {
    return (byte) (page * 7 + 1);
  }

  private static ByteBuffer data(long first, int pages) {
    byte[] bytes = new byte[pages * PAGE];
    for (int i = 0; i < pages; i++) {
      Arrays.fill(bytes, i * PAGE, (i + 1) * PAGE, content(first + i));
    }
    return ByteBuffer.wrap(bytes);
  }

  private static void pages(WireWriter out, long first, int count) throws IOException {
    out.send(MessageType.PAGES, runs(first, count), data(first, count));
  }

  /** Changes a header field and seals the header again. */
  private static byte[] field(byte[] stream, int start, int offset, int bytes, int value) {
    byte[] bad = stream.clone();
    ByteBuffer view = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < bytes; i++) {
      view.put(start + offset + i, (byte) (value >>> 8 * i));
    }
    seal(bad, start);
    return bad;
  }

  private static void seal(byte[] stream, int start) {
    ByteBuffer view = ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN);
    CRC32C crc = new CRC32C();
    crc.update(stream, start, WireHeader.BYTES - 4);
    view.putInt(start + WireHeader.BYTES - 4, (int) crc.getValue());
  }

  private static Map<String, byte[]> fromASource() throws IOException {
    Map<String, byte[]> bad = new LinkedHashMap<>();
    Map<String, Script> scripts = new LinkedHashMap<>();
    scripts.put("the image", out -> pages(out, ROM - 1, 1));
    scripts.put("the image, zero", out -> out.send(MessageType.ZERO, runs(0, 1)));
    scripts.put("the end of RAM", out -> pages(out, PAGES, 1));
    scripts.put("over the end of RAM", out -> pages(out, PAGES - 1, 2));
    scripts.put("far away", out -> pages(out, 1L << 40, 1));
    scripts.put("before RAM", out -> pages(out, -1, 1));
    scripts.put("least number", out -> pages(out, Long.MIN_VALUE, 1));
    scripts.put("a page that was there", out -> pages(out, FROM - 1, 1));
    scripts.put("half there", out -> pages(out, TO - 2, 4));
    scripts.put("half there, zero", out -> out.send(MessageType.ZERO, runs(FROM - 1, 3)));
    scripts.put("all of RAM zero", out -> out.send(MessageType.ZERO, runs(ROM, (int) PAGES - ROM)));
    scripts.put(
        "twice in one message",
        out -> out.send(MessageType.PAGES, runs(110, 1, 110, 1), data(110, 2)));
    scripts.put(
        "overlapping", out -> out.send(MessageType.PAGES, runs(110, 3, 112, 1), data(110, 4)));
    scripts.put("falling", out -> out.send(MessageType.PAGES, runs(111, 1, 110, 1), data(110, 2)));
    scripts.put("no pages", out -> out.send(MessageType.PAGES, runs(110, 0), data(110, 0)));
    scripts.put("none and data", out -> out.send(MessageType.PAGES, runs(110, 0), data(110, 1)));
    scripts.put("2^32 - 1 pages", out -> out.send(MessageType.PAGES, runs(110, -1), data(110, 1)));
    scripts.put("2^31 zero pages", out -> out.send(MessageType.ZERO, runs(110, 1 << 31)));
    scripts.put("less data", out -> out.send(MessageType.PAGES, runs(110, 2), data(110, 1)));
    scripts.put("more data", out -> out.send(MessageType.PAGES, runs(110, 1), data(110, 2)));
    scripts.put(
        "data by the byte",
        out -> out.send(MessageType.PAGES, runs(110, 1), ByteBuffer.wrap(new byte[4095])));
    scripts.put("half a run", out -> out.send(MessageType.ZERO, new byte[11]));
    scripts.put("a run and a byte", out -> out.send(MessageType.ZERO, new byte[13]));
    for (MessageType type :
        new MessageType[] {
          MessageType.ROUND, MessageType.WANT, MessageType.COMPLETE, MessageType.COMMIT,
          MessageType.ABORT, MessageType.MISSING, MessageType.FREE, MessageType.POSTCOPY,
          MessageType.SETUP, MessageType.CHANNEL, MessageType.STARTED, MessageType.OWNERS
        }) {
      scripts.put("a " + type, out -> out.send(type, new byte[type.maxPayload() / 2]));
    }
    scripts.put(
        "a state", out -> out.send(MessageType.STATE, new byte[4], ByteBuffer.wrap(new byte[64])));
    scripts.put(
        "a refusal", out -> out.send(MessageType.REFUSE, new PayloadWriter().text("no").done()));
    for (Map.Entry<String, Script> entry : scripts.entrySet()) {
      bad.put(
          entry.getKey(),
          bytes(
              out -> {
                out.paused();
                entry.getValue().write(out);
              }));
    }
    bad.put("no checksum", bytes(out -> unchecked(out)));
    byte[] good =
        bytes(
            out -> {
              out.paused();
              pages(out, 110, 1);
            });
    damaged(good, bad);
    return bad;
  }

  private static void unchecked(WireWriter out) throws IOException {
    out.send(MessageType.PAGES, runs(110, 1), 12, new ByteBuffer[] {data(110, 1)}, 1, false);
  }

  /** A message that would be right, but for one thing. */
  private static void damaged(byte[] good, Map<String, byte[]> bad) {
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
  private static final class Waiting implements AutoCloseable {
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
        assertThat(memory.segment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, page * PAGE))
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

  private static byte[] allPages() throws IOException {
    return bytes(
        out -> {
          out.paused();
          for (int page = FROM; page < TO; page += 8) {
            pages(out, page, 8);
          }
        });
  }

  @Test
  void whatASourceSendsWrong_isRefused_andPlacesNothing() throws IOException {
    Map<String, byte[]> bad = fromASource();
    try (Waiting guest = new Waiting()) {
      bad.forEach(
          (what, stream) -> {
            assertThatThrownBy(() -> guest.serve(stream))
                .as(what)
                .isInstanceOfAny(
                    MigrationStreamException.class,
                    EOFException.class,
                    MigrationRefusedException.class)
                .message()
                .isNotEmpty();
            guest.untouched(what);
          });
      byte[] answer = guest.serve(allPages());
      guest.whole();
      assertThat(answer).hasSizeGreaterThan(2 * WireHeader.BYTES);
    }
    System.out.printf("postcopy: %d malformed streams of a source%n", bad.size());
    assertThat(bad).hasSizeGreaterThan(50);
  }

  @Test
  void aRefusalIsToldToTheSource() throws IOException {
    MemoryTransport.Pipe up = new MemoryTransport.Pipe();
    byte[] stream = Objects.requireNonNull(fromASource().get("a page that was there"));
    try (Waiting guest = new Waiting()) {
      Link link = new Link(new MemoryTransport(MemoryTransport.Pipe.of(stream), up));
      PostcopyDestination destination =
          new PostcopyDestination(guest.memory, guest.missing, new MigrationStats(ID, 1));
      assertThatThrownBy(() -> destination.serve(link)).hasMessageContaining("not missing");
    }
    Link source = new Link(new MemoryTransport(up, new MemoryTransport.Pipe()));
    WireHeader list = source.in().next();
    assertThat(list.type()).isEqualTo(MessageType.WANT);
    assertThat(source.in().payload()).isEqualTo(want(0, FROM, TO - FROM));
    assertThatThrownBy(() -> source.expect(source.in().next(), MessageType.WANT))
        .isInstanceOf(MigrationRefusedException.class)
        .hasMessageContaining("PAGES: page 99 is not missing");
  }

  @Test
  void aPageThatComesAgain_orAfterTheLast_changesNothing() throws IOException {
    byte[] again =
        bytes(
            out -> {
              out.paused();
              pages(out, FROM, 4);
              out.send(MessageType.ZERO, runs(FROM + 1, 1));
            });
    try (Waiting guest = new Waiting()) {
      assertThatThrownBy(() -> guest.serve(again)).hasMessageContaining("page 101 is not missing");
      assertThat(guest.missing.left()).isEqualTo(TO - FROM - 4);
      byte[] rest =
          bytes(
              out -> {
                out.paused();
                pages(out, FROM + 4, TO - FROM - 4);
                pages(out, FROM, 4); // all are there: nobody reads it
                out.send(MessageType.ZERO, runs(FROM, TO - FROM));
              });
      assertThat(guest.serve(rest)).isNotEmpty();
      guest.whole();
      assertThat(guest.serve(new byte[0])).as("a source that missed COMPLETE").isNotEmpty();
      guest.whole();
    }
  }

  /** Random bytes at random places; whatever comes of it, no other page changes. */
  @Test
  void damagedAtRandom_noPageChangesThatIsNotMissing() throws IOException {
    byte[] good = allPages();
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      byte[] bad = good.clone();
      int messages = 5;
      int size = good.length / messages;
      int start = random.nextInt(messages) * size;
      int at = start + random.nextInt(WireHeader.BYTES + 12);
      bad[at] ^= (byte) (1 + random.nextInt(255));
      CRC32C crc = new CRC32C();
      crc.update(bad, start + WireHeader.BYTES, 12);
      ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putInt(start + 24, (int) crc.getValue());
      seal(bad, start);
      int shown = seed;
      try (Waiting guest = new Waiting()) {
        try {
          assertThat(guest.serve(bad)).isNotEmpty(); // only what does not matter was hit
        } catch (IOException refused) {
          assertThat(refused).as(() -> "seed " + shown).message().isNotEmpty();
        }
        for (int page = 0; page < PAGES; page++) {
          if (page < FROM || page >= TO) {
            assertThat(
                    guest
                        .memory
                        .segment()
                        .get(java.lang.foreign.ValueLayout.JAVA_BYTE, page * PAGE))
                .as(() -> "seed " + shown)
                .isEqualTo((byte) 0x5a);
          }
        }
      }
    }
  }

  private static Map<String, byte[]> fromADestination() throws IOException {
    Map<String, byte[]> bad = new LinkedHashMap<>();
    Map<String, Script> scripts = new LinkedHashMap<>();
    scripts.put("the image", out -> out.send(MessageType.WANT, want(0, 0, 1)));
    scripts.put("the image's last page", out -> out.send(MessageType.WANT, want(0, ROM - 1, 1)));
    scripts.put("a page that it has", out -> out.send(MessageType.WANT, want(0, FROM - 1, 1)));
    scripts.put("half of them", out -> out.send(MessageType.WANT, want(0, TO - 1, 2)));
    scripts.put("all of RAM", out -> out.send(MessageType.WANT, want(0, 0, PAGES)));
    scripts.put("the end of RAM", out -> out.send(MessageType.WANT, want(0, PAGES, 1)));
    scripts.put("before RAM", out -> out.send(MessageType.WANT, want(0, -1, 1)));
    scripts.put("far away", out -> out.send(MessageType.WANT, want(0, 1L << 52, 1)));
    scripts.put("no pages", out -> out.send(MessageType.WANT, want(0, FROM, 0)));
    scripts.put("too many", out -> out.send(MessageType.WANT, want(0, FROM, PAGES)));
    scripts.put("2^63 - 1", out -> out.send(MessageType.WANT, want(0, FROM, Long.MAX_VALUE)));
    scripts.put("-1 pages", out -> out.send(MessageType.WANT, want(0, FROM, -1)));
    scripts.put("nothing at all", out -> out.send(MessageType.WANT, new byte[0]));
    scripts.put("half a range", out -> out.send(MessageType.WANT, want(0, FROM)));
    scripts.put("a range and a byte", out -> out.send(MessageType.WANT, new byte[18]));
    scripts.put("urgent 2", out -> out.send(MessageType.WANT, want(2, FROM, 1)));
    scripts.put("urgent 255", out -> out.send(MessageType.WANT, want(255, FROM, 1)));
    scripts.put("twice", out -> out.send(MessageType.WANT, want(0, FROM, 2, FROM + 1, 1)));
    scripts.put("urgent, not listed", out -> out.send(MessageType.WANT, want(1, FROM, 1)));
    scripts.put("urgent image", out -> out.send(MessageType.WANT, want(1, 1, 1)));
    scripts.put("urgent, outside of RAM", out -> out.send(MessageType.WANT, want(1, PAGES, 1)));
    scripts.put(
        "urgent, half listed",
        out -> {
          out.send(MessageType.WANT, want(0, FROM, 2));
          out.send(MessageType.WANT, want(1, FROM + 1, 2));
        });
    scripts.put(
        "in two messages",
        out -> {
          out.send(MessageType.WANT, want(0, FROM, 2));
          out.send(MessageType.WANT, want(0, FROM + 1, 2));
        });
    scripts.put(
        "ever more urgent",
        out -> {
          out.send(MessageType.WANT, want(0, FROM, TO - FROM));
          for (int i = 0; i < 200; i++) {
            out.send(MessageType.WANT, want(1, FROM, TO - FROM));
          }
        });
    scripts.put("complete at once", out -> out.send(MessageType.COMPLETE, new byte[0]));
    scripts.put(
        "complete before it is",
        out -> {
          out.send(MessageType.WANT, want(0, FROM, TO - FROM));
          out.send(MessageType.COMPLETE, new byte[0]);
        });
    scripts.put(
        "complete of a part",
        out -> {
          out.send(MessageType.WANT, want(0, FROM, 2));
          out.send(MessageType.COMPLETE, new byte[0]);
        });
    scripts.put("complete and more", out -> out.send(MessageType.COMPLETE, new byte[3]));
    for (MessageType type :
        new MessageType[] {
          MessageType.ROUND, MessageType.MISSING, MessageType.FREE, MessageType.COMMIT,
          MessageType.READY, MessageType.STARTED, MessageType.QUERY, MessageType.TIMES,
          MessageType.POSTCOPY, MessageType.SETUP, MessageType.ZERO, MessageType.ACCEPT
        }) {
      scripts.put("a " + type, out -> out.send(type, new byte[type.maxPayload() / 2]));
    }
    scripts.put("pages", out -> unchecked(out));
    scripts.put(
        "a refusal", out -> out.send(MessageType.REFUSE, new PayloadWriter().text("no").done()));
    for (Map.Entry<String, Script> entry : scripts.entrySet()) {
      bad.put(entry.getKey(), bytes(entry.getValue()));
    }
    damaged(bytes(out -> out.send(MessageType.WANT, want(0, FROM, 1))), bad);
    return bad;
  }

  @Test
  void whatADestinationAsksWrong_isRefused_andTheSourceKeepsEverything() throws IOException {
    Map<String, byte[]> bad = fromADestination();
    try (GuestMemory memory = GuestMemory.anonymous(PAGES * PAGE)) {
      memory.protectRom(ROM * (long) PAGE);
      for (long page = FROM; page < TO; page++) {
        memory.fill(WrittenStream.address(page), PAGE, content(page));
      }
      byte[] before = memory.segment().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
      PageBitmap missing = new PageBitmap(PAGES);
      missing.setRange(FROM, TO);
      bad.forEach(
          (what, stream) -> {
            PostcopySource source =
                new PostcopySource(memory, ID, missing, new MigrationStats(ID, memory.size()));
            assertThatThrownBy(() -> serve(source, stream))
                .as(what)
                .isInstanceOfAny(
                    MigrationStreamException.class,
                    EOFException.class,
                    MigrationRefusedException.class)
                .message()
                .isNotEmpty();
            goesOn(source, memory);
          });
      assertThat(memory.segment().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))
          .isEqualTo(before);
    }
    System.out.printf("postcopy: %d malformed streams of a destination%n", bad.size());
    assertThat(bad).hasSizeGreaterThan(50);
  }

  private static byte[] serve(PostcopySource source, byte[] stream) throws IOException {
    MemoryTransport.Pipe down = new MemoryTransport.Pipe();
    Link link = new Link(new MemoryTransport(MemoryTransport.Pipe.of(stream), down));
    try {
      source.serve(link);
    } catch (EOFException e) {
      if (stream.length == 0 || down.pending().length < (TO - FROM) * PAGE) {
        throw e;
      }
    }
    return down.pending();
  }

  /** The next connection brings everything, and the one after it ends it. */
  private static void goesOn(PostcopySource source, GuestMemory from) {
    try (Waiting guest = new Waiting()) {
      byte[] all =
          serve(source, bytes(out -> out.send(MessageType.WANT, want(0, FROM, TO - FROM))));
      Link reader =
          new Link(new MemoryTransport(MemoryTransport.Pipe.of(all), new MemoryTransport.Pipe()));
      assertThat(reader.in().next().type()).isEqualTo(MessageType.POSTCOPY);
      assertThat(reader.in().fields().uuid()).isEqualTo(ID);
      new PostcopyDestination(guest.memory, guest.missing, new MigrationStats(ID, from.size()))
          .serve(reader);
      guest.whole();
      byte[] end =
          bytes(
              out -> {
                out.send(MessageType.WANT, want(0));
                out.send(MessageType.COMPLETE, new byte[0]);
              });
      assertThat(serve(source, end)).hasSize(WireHeader.BYTES + 16);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
