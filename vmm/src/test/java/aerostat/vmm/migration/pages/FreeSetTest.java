package aerostat.vmm.migration.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.FakeGuest;
import aerostat.vmm.migration.FakeHost;
import aerostat.vmm.migration.WrittenStream;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.WireLimits;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Hinted pages that nobody sends, and what the destination has in them: MIG-08, MIG-27, DEV-17. */
class FreeSetTest {
  private static final long MEMORY = 2 << 20;
  private static final int PAGE = GuestMemory.PAGE_SIZE;

  /** A model of one bit each, step by step. */
  @Test
  @DisplayName("a page is free from its hint until a harvest finds it written, whatever is sent")
  void theFreeSetIsExact() {
    for (int seed = 0; seed < 30; seed++) {
      Random random = new Random(seed);
      try (FakeHost host = FakeHost.with(FakeGuest.fresh(MEMORY))) {
        GuestMemory memory = host.guest().memory;
        DirtyPages dirty = new DirtyPages(host.guest(), new PlantedErrors());
        dirty.begin();
        int low = (int) dirty.firstPage();
        int pages = (int) memory.pages();
        boolean[] free = new boolean[pages];
        boolean[] written = new boolean[pages];
        for (int step = 0; step < 400; step++) {
          int page = low + random.nextInt(pages - low);
          int end = Math.min(pages, page + 1 + random.nextInt(40));
          switch (random.nextInt(step == 399 ? 1 : 8)) {
            case 0 -> {
              boolean last = random.nextBoolean();
              long fresh = last ? dirty.lastSync() : dirty.sync();
              assertThat(fresh).isNotNegative();
              for (int p = 0; p < pages; p++) {
                free[p] &= !written[p];
                written[p] = false;
              }
            }
            case 1, 2 -> {
              dirty.hint(WrittenStream.address(page), (long) (end - page) * PAGE);
              for (int p = page; p < end; p++) {
                free[p] = true;
              }
            }
            case 3 -> dirty.taken(page, end);
            default -> {
              memory.store64(WrittenStream.address(page), step);
              written[page] = true;
            }
          }
          int differs = -1;
          for (int p = 0; p < pages; p++) {
            boolean is = dirty.free().get(p);
            differs = is != free[p] || (is && dirty.bits().get(p)) ? p : differs;
          }
          assertThat(differs).as("seed %d, step %d: page", seed, step).isEqualTo(-1);
        }
      }
    }
  }

  @Test
  @DisplayName("an older copy of a free page is dropped: zero, or what the guest fills pages with")
  void theDestinationDropsOlderCopies() throws IOException {
    for (int fill : new int[] {0, 0xaaaa_aaaa, 0x0403_0201}) {
      try (WrittenStream stream = new WrittenStream(MEMORY, true)) {
        stream.guest.fillRandom(1 << 20, 8 * PAGE);
        stream.dirty.sync();
        stream.sender.round(); // the older copies
        stream.dirty.hint(WrittenStream.address(256), 6 * PAGE);
        stream.guest.memory.store64(WrittenStream.address(258), 4711); // written after its hint
        stream.dirty.lastSync();
        stream.out.paused();
        stream.sender.round();
        stream.end(true, new FreeSet(stream.dirty.free(), fill));
        FakeGuest arrived = WrittenStream.load(stream.bytes());
        try {
          for (int p = 256; p < 264; p++) {
            boolean free = p < 262 && p != 258;
            assertThat(arrived.memory.load32(WrittenStream.address(p) + 8))
                .as("page %d", p)
                .isEqualTo(free ? fill : stream.guest.memory.load32(WrittenStream.address(p) + 8));
            assertThat(
                    arrived.memory.mismatch(WrittenStream.address(p), FreeSet.page(fill), 0, PAGE)
                        < 0)
                .isEqualTo(free);
          }
          assertThat(arrived.memory.load64(WrittenStream.address(258))).isEqualTo(4711);
        } finally {
          arrived.close();
        }
      }
    }
  }

  @Test
  @DisplayName("x-verify looks at filled pages too")
  void aFillThatIsNotThere_isFound() throws IOException {
    try (WrittenStream stream = new WrittenStream(MEMORY, true)) {
      stream.guest.fillRandom(1 << 20, 2 * PAGE);
      stream.dirty.sync();
      stream.sender.round();
      stream.dirty.hint(WrittenStream.address(256), PAGE);
      stream.dirty.lastSync();
      stream.out.paused();
      PageBitmap none = new PageBitmap(stream.guest.memory.pages());
      PageVerifier.send(stream.guest.memory, none, new FreeSet(stream.dirty.free(), 0), stream.out);
      assertThatThrownBy(() -> WrittenStream.load(stream.bytes()))
          .hasMessageContaining("x-verify: page 256");
    }
  }

  private interface Part {
    void send(WireWriter out) throws IOException;
  }

  private static byte[] ranges(int head, long... runs) {
    PayloadWriter payload = new PayloadWriter();
    if (head >= 0) {
      payload.u32(head);
    }
    for (int i = 0; i < runs.length; i += 2) {
      payload.u64(runs[i]).u32((int) runs[i + 1]);
    }
    return payload.done();
  }

  private static void refused(String reason, boolean paused, Part... parts) throws IOException {
    try (WrittenStream stream = new WrittenStream(MEMORY, false)) {
      if (paused) {
        stream.out.paused();
      }
      for (Part part : parts) {
        part.send(stream.out);
      }
      stream.end(null);
      assertThatThrownBy(() -> WrittenStream.load(stream.bytes()).close())
          .isInstanceOf(MigrationStreamException.class)
          .hasMessageContaining(reason);
    }
  }

  private static Part free(long... runs) {
    return out -> out.send(MessageType.FREE, ranges(0, runs));
  }

  private static Part missing(long... runs) {
    return out -> out.send(MessageType.MISSING, ranges(-1, runs));
  }

  @Test
  @DisplayName("ranges of a hostile source are refused before they act")
  void hostileRanges() throws IOException {
    refused("FREE while the guest runs", false, free(300, 2));
    refused("FREE: ends before fill", true, out -> out.send(MessageType.FREE, new byte[3]));
    refused("FREE: a table of 13", true, out -> out.send(MessageType.FREE, new byte[17]));
    refused("FREE: run of 1 pages from page 0", true, free(0, 1)); // the image
    refused("from page 512", true, free(512, 1)); // the end of RAM
    refused("from page -1", true, free(-1, 1));
    refused("FREE: run of 0 pages", true, free(300, 0));
    refused("FREE: run of 4294967295 pages", true, free(300, -1));
    refused("FREE: run of 213 pages from page 300", true, free(300, 213));
    refused("FREE: run of 2 pages from page 301", true, free(300, 2, 301, 2));
    refused("FREE: run of 1 pages from page 299", true, free(300, 2), free(299, 1));
    refused("FREE: run of 1 pages from page 301", true, free(300, 2), free(301, 1));
    refused("FREE: page 305 is to come after the guest", true, missing(305, 2), free(300, 6));
    refused("FREE: page 306 is to come after the guest", true, missing(300, 8), free(306, 1));
    refused("MISSING: after FREE", true, free(300, 2), missing(310, 1));
    refused("MISSING: run of 1 pages from page 300", true, missing(300, 2), missing(300, 1));
    refused("MISSING while the guest runs", false, missing(300, 2));
  }

  @Test
  void manyRanges_goInSeveralMessages() throws IOException {
    long pages = 3L * WireLimits.MAX_RANGES;
    try (WrittenStream stream = new WrittenStream(pages << GuestMemory.PAGE_SHIFT, false)) {
      PageBitmap every = new PageBitmap(pages);
      for (long page = 10; page < pages; page += 2) {
        every.setRange(page, page + 1);
      }
      stream.out.paused();
      stream.end(new FreeSet(every, 0x1111_1111));
      FakeGuest arrived = WrittenStream.load(stream.bytes());
      try {
        for (long page = 10; page < pages; page++) {
          assertThat(arrived.memory.load32(WrittenStream.address(page)))
              .isEqualTo(page % 2 == 0 ? 0x1111_1111 : 0);
        }
      } finally {
        arrived.close();
      }
    }
  }
}
