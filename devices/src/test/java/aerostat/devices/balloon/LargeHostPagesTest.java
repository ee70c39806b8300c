package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static aerostat.devices.balloon.BalloonRig.pfn;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.devices.balloon.LargePageRam.Discard;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockRing;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** DEV-05: a host with pages of 64 KiB or 2 MiB under balloon pages of 4 KiB. */
class LargeHostPagesTest {
  private static final int SMALL = 64 << 10;
  private static final long OFFSET = FREE - GuestMemory.RAM_BASE;

  private final LargePageRam ram = new LargePageRam(BalloonRig.SIZE, SMALL);
  private final BalloonRig rig =
      new BalloonRig(new BalloonOptions(true, true, false, false), false, new GuestMemory(ram));
  private final MockRing[] rings = rig.start(5);

  @AfterEach
  void close() {
    rig.close();
  }

  private void inflate(int... pages) {
    rings[0].send(rig.driver.out32(IntStream.of(pages).map(p -> pfn(FREE) + p).toArray()));
    assertThat(rig.broken()).isFalse();
  }

  private static int[] range(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  @Test
  @DisplayName("EDGE-11: one host page in one element, in order: one discard")
  void oneElement() {
    inflate(range(0, 16));
    assertThat(ram.discards).containsExactly(new Discard(OFFSET, SMALL));
    inflate(range(16, 64));
    assertThat(ram.discards).last().isEqualTo(new Discard(OFFSET + SMALL, 3 * SMALL));
  }

  @Test
  @DisplayName("EDGE-53: in any order within a host page")
  void anyOrder() {
    Random random = new Random(53);
    int[] pages = range(0, 16);
    for (int i = 15; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = pages[i];
      pages[i] = pages[j];
      pages[j] = swap;
    }
    inflate(pages);
    assertThat(ram.discards).containsExactly(new Discard(OFFSET, SMALL));
  }

  @Test
  @DisplayName("EDGE-11: spread over two elements, or over two host pages in turn: no discard")
  void spread() {
    rig.memory.fill(FREE, 2 * SMALL, (byte) 0x77);
    inflate(range(0, 8));
    inflate(range(8, 16));
    assertThat(ram.discards).isEmpty();
    int[] turns = IntStream.range(0, 32).map(i -> (i & 1) * 16 + i / 2).toArray();
    inflate(turns);
    assertThat(ram.discards).isEmpty();
    assertThat(rig.memory.load8(FREE)).as("a part is left alone, not zeroed").isEqualTo(0x77);
    assertThat(rig.memory.owners().counts()[PageOwners.BALLOON]).isEqualTo(32);
  }

  @Test
  @DisplayName("EDGE-12: inflate half, deflate, use, inflate the other half: the data is there")
  void halves() {
    inflate(range(0, 8));
    rings[1].send(rig.driver.out32(IntStream.of(range(0, 8)).map(p -> pfn(FREE) + p).toArray()));
    rig.memory.fill(FREE, SMALL / 2, (byte) 0x42);
    inflate(range(8, 16));
    assertThat(ram.discards).isEmpty();
    assertThat(rig.memory.load8(FREE + SMALL / 2 - 1)).isEqualTo(0x42);
  }

  @Test
  @DisplayName("EDGE-53: runs that begin and end in the middle of host pages: the whole ones go")
  void middle() {
    inflate(range(3, 45));
    assertThat(ram.discards).containsExactly(new Discard(OFFSET + SMALL, SMALL));
    assertThat(rig.memory.owners().counts()[PageOwners.BALLOON]).isEqualTo(42);
  }

  @Test
  @DisplayName("EDGE-53: a run's first or last part completes the host page it lies in")
  void partsOfRuns() {
    inflate(
        IntStream.concat(
                IntStream.concat(IntStream.range(4, 8), IntStream.range(0, 4)),
                IntStream.range(8, 32))
            .toArray());
    assertThat(ram.discards)
        .containsExactly(new Discard(OFFSET, SMALL), new Discard(OFFSET + SMALL, SMALL));
    ram.discards.clear();
    inflate(
        IntStream.concat(
                IntStream.concat(IntStream.range(0, 20), IntStream.range(24, 32)),
                IntStream.range(20, 24))
            .toArray());
    assertThat(ram.discards)
        .containsExactly(new Discard(OFFSET, SMALL), new Discard(OFFSET + SMALL, SMALL));
  }

  @Test
  @DisplayName("DEV-05: the host's user is told of it, once")
  void toldOnce() {
    Logger logger = (Logger) LoggerFactory.getLogger(PageHandler.class);
    ListAppender<ILoggingEvent> seen = new ListAppender<>();
    seen.start();
    logger.addAppender(seen);
    try (BalloonRig plain = new BalloonRig()) {
      plain.start(1)[0].send(plain.driver.out32(pfn(FREE)));
      assertThat(seen.list).as("pages of 4 KiB").isEmpty();
      inflate(range(0, 16));
      inflate(range(0, 16));
    } finally {
      logger.detachAppender(seen);
    }
    assertThat(seen.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "balloon pages are smaller than the host's: only whole host pages go back (DEV-05)");
  }

  @Test
  @DisplayName("EDGE-40, DEV-30: a report of less than a host page is skipped")
  void reports() {
    rings[4].send(
        MockRing.in(FREE, SMALL / 2),
        MockRing.in(FREE + SMALL / 2, SMALL),
        MockRing.in(FREE + 2 * SMALL, SMALL));
    assertThat(ram.discards).containsExactly(new Discard(OFFSET + 2 * SMALL, SMALL));
    assertThat(rig.counted(BalloonCounter.REPORT_SEGMENTS_SKIPPED)).isEqualTo(2);
  }

  @Test
  @DisplayName("the random calls of 500 elements never discard a host page that is not all given")
  void neverTooMuch() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int element = 0; element < 500; element++) {
      ram.discards.clear();
      int[] pages = new int[1 + random.nextInt(60)];
      int at = random.nextInt(64);
      for (int i = 0; i < pages.length; i++) {
        pages[i] = at;
        at = random.nextInt(6) == 0 ? random.nextInt(64) : Math.min(at + 1, 63);
      }
      inflate(pages);
      for (Discard discard : ram.discards) {
        for (long p = discard.offset(); p < discard.offset() + discard.length(); p += 4096) {
          int page = (int) ((p - OFFSET) >> 12);
          assertThat(IntStream.of(pages)).as("seed %s", seed).contains(page);
        }
      }
      ram.discards.clear();
    }
  }
}
