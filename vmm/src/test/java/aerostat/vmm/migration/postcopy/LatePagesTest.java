package aerostat.vmm.migration.postcopy;

import static aerostat.vmm.migration.postcopy.LateMessages.FROM;
import static aerostat.vmm.migration.postcopy.LateMessages.ID;
import static aerostat.vmm.migration.postcopy.LateMessages.PAGE;
import static aerostat.vmm.migration.postcopy.LateMessages.PAGES;
import static aerostat.vmm.migration.postcopy.LateMessages.ROM;
import static aerostat.vmm.migration.postcopy.LateMessages.TO;
import static aerostat.vmm.migration.postcopy.LateMessages.bytes;
import static aerostat.vmm.migration.postcopy.LateMessages.damaged;
import static aerostat.vmm.migration.postcopy.LateMessages.data;
import static aerostat.vmm.migration.postcopy.LateMessages.pages;
import static aerostat.vmm.migration.postcopy.LateMessages.runs;
import static aerostat.vmm.migration.postcopy.LateMessages.seal;
import static aerostat.vmm.migration.postcopy.LateMessages.unchecked;
import static aerostat.vmm.migration.postcopy.LateMessages.want;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationRefusedException;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.WireHeader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/**
 * What comes after the guest, malformed: each message of a source is refused with a reason, before
 * it acts, and what is still to come comes on the next connection (DEV-17).
 */
class LatePagesTest {
  private static Map<String, byte[]> fromASource() throws IOException {
    Map<String, byte[]> bad = new LinkedHashMap<>();
    Map<String, LateMessages.Script> scripts = new LinkedHashMap<>();
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
    for (Map.Entry<String, LateMessages.Script> entry : scripts.entrySet()) {
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
    try (LateMessages.Waiting guest = new LateMessages.Waiting()) {
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
    try (LateMessages.Waiting guest = new LateMessages.Waiting()) {
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
    try (LateMessages.Waiting guest = new LateMessages.Waiting()) {
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

  /** A page lands whole or not at all, and the next connection brings exactly the others. */
  @Test
  void cutAnywhere_theNextConnectionGoesOn() throws IOException {
    byte[] good = allPages();
    int header = WireHeader.BYTES + 12;
    for (int cut = 0; cut < good.length; cut += cut % (8 * PAGE + header) < header ? 1 : 997) {
      int at = cut;
      try (LateMessages.Waiting guest = new LateMessages.Waiting()) {
        assertThatThrownBy(() -> guest.serve(Arrays.copyOf(good, at)))
            .as(() -> "cut at " + at)
            .isInstanceOf(EOFException.class);
        assertThat(TO - FROM - guest.missing.left()).isEqualTo(at / (8L * PAGE + header) * 8);
        byte[] rest =
            bytes(
                out -> {
                  out.paused();
                  for (long page = FROM; page < TO; page++) {
                    if (guest.missing.nextMissing(page, page + 1) == page) {
                      pages(out, page, 1);
                    }
                  }
                });
        assertThat(guest.serve(rest)).isNotEmpty();
        guest.whole();
      }
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
      try (LateMessages.Waiting guest = new LateMessages.Waiting()) {
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
                        .get(java.lang.foreign.ValueLayout.JAVA_BYTE, (long) page * PAGE))
                .as(() -> "seed " + shown)
                .isEqualTo((byte) 0x5a);
          }
        }
      }
    }
  }
}
