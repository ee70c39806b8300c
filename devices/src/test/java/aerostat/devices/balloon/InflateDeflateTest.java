package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static aerostat.devices.balloon.BalloonRig.pfn;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockRing;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class InflateDeflateTest {
  private final BalloonRig rig = new BalloonRig();
  private final MockRing[] rings = rig.start(4);

  @AfterEach
  void close() {
    rig.close();
  }

  private void fill(long gpa, int pages) {
    rig.memory.fill(gpa, pages * 4096L, (byte) 0x5a);
  }

  private void inflate(int... pfns) {
    rings[0].send(rig.driver.out32(pfns));
  }

  @Test
  @DisplayName("DEV-01, DEV-04, DEV-07: pages are discarded, the element comes back with length 0")
  void inflates() {
    fill(FREE, 4);
    int head = rings[0].send(rig.driver.out32(pfn(FREE) + 1, pfn(FREE) + 2));
    assertThat(rings[0].poll()).isEqualTo(new MockRing.Used(head, 0));
    assertThat(rig.driver.interruptStatus()).isEqualTo(1);
    assertThat(rig.memory.isZero(FREE + 4096, 8192)).isTrue();
    assertThat(rig.memory.load8(FREE)).isEqualTo(0x5a);
    assertThat(rig.memory.load8(FREE + 3 * 4096)).isEqualTo(0x5a);
    assertThat(rig.owner(FREE + 4096)).isEqualTo(PageOwners.BALLOON);
    assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
    assertThat(rig.counted(BalloonCounter.PAGES_INFLATED)).isEqualTo(2);
  }

  @Test
  @DisplayName("CLASSIC-06: falling, rising and scattered page numbers have the same effect")
  void anyOrder() {
    fill(FREE, 16);
    int base = pfn(FREE);
    inflate(base + 3, base + 2, base + 1, base + 8, base + 9, base + 5, base + 12);
    for (int i = 0; i < 16; i++) {
      boolean given = i == 1 || i == 2 || i == 3 || i == 5 || i == 8 || i == 9 || i == 12;
      assertThat(rig.memory.isZero(FREE + i * 4096L, 4096)).as("page %s", i).isEqualTo(given);
    }
    assertThat(rig.counted(BalloonCounter.PAGES_INFLATED)).isEqualTo(7);
  }

  @Test
  @DisplayName(
      "DEV-02, EDGE-09, EDGE-10: no RAM, image and pfns from 2^31 are skipped, not the rest")
  void skipsWhatIsNotRam() {
    fill(FREE, 2);
    inflate(
        pfn(FREE),
        0,
        0x0a000,
        pfn(GuestMemory.RAM_BASE),
        pfn(GuestMemory.RAM_BASE) + 3,
        pfn(rig.memory.end()),
        0x8000_0000,
        0xffff_ffff,
        pfn(FREE) + 1);
    assertThat(rig.memory.isZero(FREE, 8192)).isTrue();
    assertThat(rig.counted(BalloonCounter.PAGES_INFLATED)).isEqualTo(2);
    assertThat(rig.counted(BalloonCounter.PAGES_IGNORED)).isEqualTo(7);
    assertThat(rig.owner(GuestMemory.RAM_BASE)).isEqualTo(PageOwners.GUEST);
    assertThat(rig.broken()).isFalse();
  }

  @Test
  @DisplayName("DEV-02: a run across the image's end or RAM's end is cut there")
  void runsAreCut() {
    long edge = GuestMemory.RAM_BASE + BalloonRig.ROM;
    int end = pfn(rig.memory.end());
    fill(edge, 1);
    inflate(pfn(edge) - 1, pfn(edge), end - 1, end, end + 1);
    assertThat(rig.counted(BalloonCounter.PAGES_INFLATED)).isEqualTo(2);
    assertThat(rig.counted(BalloonCounter.PAGES_IGNORED)).isEqualTo(3);
    assertThat(rig.owner(edge)).isEqualTo(PageOwners.BALLOON);
    assertThat(rig.owner(edge - 4096)).isEqualTo(PageOwners.GUEST);
  }

  @Test
  @DisplayName("DEV-01: 1 to 3 trailing bytes are ignored, however the array is cut")
  void trailingBytes() {
    fill(FREE, 4);
    MockRing.Part array = rig.driver.out32(pfn(FREE), pfn(FREE) + 1, pfn(FREE) + 2);
    rings[0].send(MockRing.out(array.address(), 3), MockRing.out(array.address() + 3, 8));
    assertThat(rig.counted(BalloonCounter.PAGES_INFLATED)).isEqualTo(2);
    rings[0].send(MockRing.out(array.address(), 3));
    assertThat(rig.counted(BalloonCounter.PAGES_INFLATED)).isEqualTo(2);
    assertThat(rings[0].usedIndex()).isEqualTo(2);
  }

  @Test
  @DisplayName("DEV-03: while discards are inhibited elements are only acknowledged")
  void inhibited() {
    fill(FREE, 1);
    rig.balloon.inhibitDiscards(true);
    inflate(pfn(FREE));
    assertThat(rig.memory.load8(FREE)).isEqualTo(0x5a);
    assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
    assertThat(rings[0].usedIndex()).isEqualTo(1);
    rig.balloon.inhibitDiscards(false);
    inflate(pfn(FREE));
    assertThat(rig.memory.load8(FREE)).isZero();
  }

  @Test
  @DisplayName("DEV-06: deflate gives pages back; what was not in the balloon is only counted")
  void deflates() {
    inflate(pfn(FREE), pfn(FREE) + 1);
    int head = rings[1].send(rig.driver.out32(pfn(FREE) + 1, pfn(FREE) + 2, 0xffff_ffff));
    assertThat(rings[1].poll()).isEqualTo(new MockRing.Used(head, 0));
    assertThat(rig.owner(FREE)).isEqualTo(PageOwners.BALLOON);
    assertThat(rig.owner(FREE + 4096)).isEqualTo(PageOwners.GUEST);
    assertThat(rig.counted(BalloonCounter.PAGES_DEFLATED)).isEqualTo(1);
    assertThat(rig.counted(BalloonCounter.DEFLATED_NOT_INFLATED)).isEqualTo(1);
    assertThat(rig.counted(BalloonCounter.PAGES_IGNORED)).isEqualTo(1);
  }

  @Test
  @DisplayName("EDGE-12: inflate, deflate, reuse, inflate the neighbour: the guest's data stand")
  void reuseKeepsData() {
    inflate(pfn(FREE));
    rings[1].send(rig.driver.out32(pfn(FREE)));
    fill(FREE, 1);
    inflate(pfn(FREE) + 1);
    assertThat(rig.memory.load8(FREE + 4095)).isEqualTo(0x5a);
  }

  @Test
  @DisplayName("a page number array beyond the limit breaks the device, without effect")
  void limit() {
    fill(FREE, 1);
    MockRing.Part array = rig.driver.out32(pfn(FREE));
    MockRing.Part large = MockRing.out(GuestMemory.RAM_BASE, BalloonLayout.MAX_PFN_ARRAY_BYTES);
    rings[0].send(array, large);
    assertThat(rig.broken()).isTrue();
    assertThat(rig.memory.load8(FREE)).isEqualTo(0x5a);
  }

  @Test
  @DisplayName("sedna: lengths near 2^32 are refused by long arithmetic")
  void hugeLengths() {
    rings[0].send(MockRing.out(GuestMemory.RAM_BASE, 0xffff_ffffL));
    assertThat(rig.broken()).isTrue();
  }

  @Test
  @DisplayName("reset: ballooned pages are the next driver's")
  void reset() {
    inflate(pfn(FREE), pfn(FREE) + 7);
    rig.driver.reset();
    assertThat(rig.memory.owners().counts()[PageOwners.BALLOON]).isZero();
    assertThat(rig.start(4)).hasSize(4);
  }

  @Test
  @DisplayName("the discard marks its pages in the dirty log (cloud-hypervisor 2458)")
  void discardIsLogged() {
    rig.memory.dirtyLog().clear();
    inflate(pfn(FREE));
    aerostat.mmio.memory.PageBitmap bits =
        new aerostat.mmio.memory.PageBitmap(BalloonRig.SIZE >>> 12);
    rig.memory.dirtyLog().harvest(bits);
    assertThat(bits.get((FREE - GuestMemory.RAM_BASE) >>> 12)).isTrue();
    assertThat(bits.get((rings[0].deviceArea() - GuestMemory.RAM_BASE) >>> 12))
        .as("the used ring too")
        .isTrue();
  }

  @Test
  @DisplayName("random page numbers agree with a model of owners")
  void randomModel() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int pages = 512;
    boolean[] held = new boolean[pages];
    for (int round = 0; round < 300; round++) {
      boolean inflating = random.nextBoolean();
      int[] pfns = new int[1 + random.nextInt(64)];
      for (int i = 0; i < pfns.length; i++) {
        int page = random.nextInt(pages);
        pfns[i] = pfn(FREE) + page;
        held[page] = inflating;
      }
      MockRing.Part array = MockRing.out(GuestMemory.RAM_BASE + (3 << 20), 4L * pfns.length);
      for (int i = 0; i < pfns.length; i++) {
        rig.memory.store32(array.address() + 4L * i, pfns[i]);
      }
      rings[inflating ? 0 : 1].send(array);
    }
    for (int page = 0; page < pages; page++) {
      assertThat(rig.owner(FREE + page * 4096L))
          .as("seed %s page %s", seed, page)
          .isEqualTo(held[page] ? PageOwners.BALLOON : PageOwners.GUEST);
    }
  }

  @Test
  @DisplayName("CLASSIC-03: what a driver sends 256 of at a time is done in the notification")
  void pageNumbersArePrompt() {
    assertThat(rig.balloon.isPrompt(0)).isTrue();
    assertThat(rig.balloon.isPrompt(1)).isTrue();
    assertThat(rig.balloon.isPrompt(2)).isFalse();
    assertThat(rig.balloon.isPrompt(3)).isFalse();
  }
}
