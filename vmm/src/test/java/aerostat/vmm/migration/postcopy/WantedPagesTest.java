package aerostat.vmm.migration.postcopy;

import static aerostat.vmm.migration.postcopy.LateMessages.FROM;
import static aerostat.vmm.migration.postcopy.LateMessages.ID;
import static aerostat.vmm.migration.postcopy.LateMessages.PAGE;
import static aerostat.vmm.migration.postcopy.LateMessages.PAGES;
import static aerostat.vmm.migration.postcopy.LateMessages.ROM;
import static aerostat.vmm.migration.postcopy.LateMessages.TO;
import static aerostat.vmm.migration.postcopy.LateMessages.bytes;
import static aerostat.vmm.migration.postcopy.LateMessages.content;
import static aerostat.vmm.migration.postcopy.LateMessages.damaged;
import static aerostat.vmm.migration.postcopy.LateMessages.unchecked;
import static aerostat.vmm.migration.postcopy.LateMessages.want;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.WrittenStream;
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
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What a destination asks of a source after the guest, malformed: refused with a reason, before it
 * acts; the source keeps everything for the next connection (DEV-17).
 */
class WantedPagesTest {
  private static Map<String, byte[]> fromADestination() throws IOException {
    Map<String, byte[]> bad = new LinkedHashMap<>();
    Map<String, LateMessages.Script> scripts = new LinkedHashMap<>();
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
    for (Map.Entry<String, LateMessages.Script> entry : scripts.entrySet()) {
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
    try (LateMessages.Waiting guest = new LateMessages.Waiting()) {
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
