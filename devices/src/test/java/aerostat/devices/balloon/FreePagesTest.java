package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonRig.FREE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.devices.balloon.BalloonRig.Hint;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.mock.MockRing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** GET_FREE_PAGES of 2016, device side, and what its reviewers asked for. */
class FreePagesTest {
  private static final BalloonOptions PLAIN =
      new BalloonOptions(false, false, false, false).with(BalloonProperty.GET_FREE_PAGES, true);
  private static final BalloonOptions EXTENDED = PLAIN.with(BalloonProperty.REQUEST_ID, true);
  private static final long PFN = FREE >>> 12;

  /** A driver's side of the queue. */
  private static final class Guest {
    final BalloonRig rig;
    final MockRing ring;
    final boolean extended;
    final long request;

    Guest(BalloonRig rig) {
      this.rig = rig;
      this.ring = rig.start(4)[3];
      this.extended = (rig.driver.offeredFeatures() & FreePagesLayout.F_REQUEST_ID) != 0;
      this.request = rig.driver.allocate(32, 8);
      post();
    }

    final void post() {
      ring.send(MockRing.in(request, extended ? 32 : 8));
    }

    long requested(int field) {
      return rig.memory.load64(request + field);
    }

    /** A reply with a bitmap of the whole RAM in which these pages are free. */
    void reply(long id, boolean last, long... pfns) {
      long from = extended ? GuestMemory.RAM_BASE >>> 12 : 0;
      int length = (int) ((rig.memory.end() >>> 12) - from + 63) / 64 * 8;
      ByteBuffer bytes = ByteBuffer.allocate((extended ? 32 : 8) + length);
      bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(length);
      if (extended) {
        bytes.putLong(id).putLong(from).putLong(last ? 1 : 0);
      }
      for (long pfn : pfns) {
        int at = bytes.position() + (int) (pfn - from) / 8;
        bytes.put(at, (byte) (bytes.get(at) | 1 << (pfn & 7)));
      }
      int half = bytes.capacity() / 2; // cut where it does not belong
      byte[] all = bytes.array();
      ring.send(
          rig.driver.out(Arrays.copyOf(all, half)),
          rig.driver.out(Arrays.copyOfRange(all, half, all.length)));
    }
  }

  private static void with(BalloonOptions options, Consumer<Guest> test) {
    try (BalloonRig rig = new BalloonRig(options, false)) {
      test.accept(new Guest(rig));
    }
  }

  @Test
  @DisplayName("BITMAP-01, BITMAP-02, BITMAP-05, BITMAP-06: one request, one bitmap, hints by run")
  void plain() {
    with(
        PLAIN,
        guest -> {
          BalloonRig rig = guest.rig;
          assertThat(guest.ring.usedIndex()).as("the device holds the buffer").isZero();
          rig.host().dropCachesFirst(3);
          rig.host().hintStart(rig.sink);
          assertThat(guest.ring.poll()).isEqualTo(new MockRing.Used(0, 8));
          assertThat(guest.requested(FreePagesLayout.DROP)).isEqualTo(3);
          assertThat(rig.host().hintRoundOver()).isFalse();
          guest.reply(0, true, PFN, PFN + 1, PFN + 63, PFN + 64, PFN + 200);
          guest.post();
          assertThat(rig.hints)
              .containsExactly(
                  new Hint(FREE, 2 * 4096),
                  new Hint(FREE + 63 * 4096, 2 * 4096),
                  new Hint(FREE + 200 * 4096, 4096));
          assertThat(rig.owner(FREE + 4096)).isEqualTo(PageOwners.HINTED);
          assertThat(rig.owner(FREE + 2 * 4096)).isEqualTo(PageOwners.GUEST);
          assertThat(rig.host().hintRoundOver()).isTrue();
          assertThat(rig.counted(BalloonCounter.PAGES_HINTED)).isEqualTo(5);
          rig.host().hintStop();
          rig.host().hintStart(rig.sink);
          assertThat(rig.counted(BalloonCounter.FREE_PAGES_REQUESTS))
              .as("a migration asks once")
              .isEqualTo(1);
        });
  }

  @Test
  @DisplayName("bits outside writable RAM are cut off")
  void outside() {
    with(
        PLAIN,
        guest -> {
          BalloonRig rig = guest.rig;
          rig.host().hintStart(rig.sink);
          long base = GuestMemory.RAM_BASE >>> 12;
          guest.reply(0, true, 5, base - 1, base, base + 3, base + 4, base + 5);
          assertThat(rig.hints)
              .containsExactly(new Hint(GuestMemory.RAM_BASE + BalloonRig.ROM, 2 * 4096));
          assertThat(rig.counted(BalloonCounter.HINT_PAGES_REFUSED)).isEqualTo(4);
        });
  }

  @Test
  @DisplayName("MIG-22: an answer to a request of another migration is dropped, and asked again")
  void staleAnswer() {
    with(
        PLAIN,
        guest -> {
          BalloonRig rig = guest.rig;
          rig.host().hintStart((gpa, length) -> {});
          rig.host().hintStop();
          rig.host().hintDone(); // cancelled
          rig.host().hintStart(rig.sink);
          guest.reply(0, true, PFN);
          assertThat(rig.hints).isEmpty();
          assertThat(rig.owner(FREE)).isEqualTo(PageOwners.GUEST);
          guest.post();
          assertThat(rig.counted(BalloonCounter.FREE_PAGES_REQUESTS)).isEqualTo(2);
          guest.reply(0, true, PFN + 1);
          assertThat(rig.hints).containsExactly(new Hint(FREE + 4096, 4096));
        });
  }

  @Test
  @DisplayName("S004: the request id comes back with the bitmap; another id is not looked at")
  void requestId() {
    with(
        EXTENDED,
        guest -> {
          BalloonRig rig = guest.rig;
          rig.host().hintStart(rig.sink);
          assertThat(guest.ring.poll()).isEqualTo(new MockRing.Used(0, 32));
          long id = guest.requested(FreePagesLayout.ID);
          assertThat(guest.requested(FreePagesLayout.CHUNK)).isEqualTo(4096);
          assertThat(guest.requested(FreePagesLayout.REQUEST_FLAGS)).isZero();
          guest.reply(id - 1, false, PFN);
          assertThat(rig.hints).isEmpty();
          assertThat(rig.counted(BalloonCounter.FREE_PAGES_REPLIES_IGNORED)).isEqualTo(1);
          guest.reply(id, false, PFN + 1);
          assertThat(rig.host().hintRoundOver()).as("a piece of it").isFalse();
          guest.reply(id, true, PFN + 2);
          assertThat(rig.host().hintRoundOver()).isTrue();
          assertThat(rig.hints)
              .containsExactly(new Hint(FREE + 4096, 4096), new Hint(FREE + 8192, 4096));
          guest.reply(id, true, PFN + 3);
          assertThat(rig.hints).as("answered already").hasSize(2);
        });
  }

  @Test
  @DisplayName("BITMAP-04: a bitmap of length 0 is an answer; BITMAP-03: a second buffer goes back")
  void oddAnswers() {
    with(
        PLAIN,
        guest -> {
          BalloonRig rig = guest.rig;
          guest.post();
          assertThat(guest.ring.poll()).isEqualTo(new MockRing.Used(1, 0));
          rig.host().hintStart(rig.sink);
          guest.ring.send(rig.driver.out(new byte[8]));
          assertThat(rig.host().hintRoundOver()).isTrue();
          assertThat(rig.broken()).isFalse();
        });
  }

  @Test
  @DisplayName("hostile: short headers, lengths that lie, frames out of range break the device")
  void hostile() {
    long[][] headers = {
      {16, 1, 0, 1}, {1L << 40, 1, 0, 1}, {-8, 1, 0, 1}, {7, 1, 0, 1}, {8, 1, 1, 1}, {8, 1, -64, 1},
    };
    for (long[] header : headers) {
      with(
          EXTENDED,
          guest -> {
            guest.rig.host().hintStart(guest.rig.sink);
            ByteBuffer bytes = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
            for (long number : header) {
              bytes.putLong(number);
            }
            bytes.putLong(-1);
            guest.ring.send(guest.rig.driver.out(bytes.array()));
            assertThat(guest.rig.broken()).isTrue();
            assertThat(guest.rig.hints).isEmpty();
          });
    }
    with(
        EXTENDED,
        guest -> {
          guest.ring.send(guest.rig.driver.out(new byte[31]));
          assertThat(guest.rig.broken()).isTrue();
        });
    try (BalloonRig rig = new BalloonRig(PLAIN, false)) {
      rig.start(4)[3].send(MockRing.in(GuestMemory.RAM_BASE, 8)); // the image
      assertThat(rig.broken()).isTrue();
    }
  }

  @Test
  @DisplayName("features that build on each other are accepted together, or FEATURES_OK is not")
  void featureDependencies() {
    try (BalloonRig rig = new BalloonRig(EXTENDED.with(BalloonProperty.DROP_LOCK, true), false)) {
      assertThatThrownBy(() -> rig.driver.negotiate(FreePagesLayout.F_REQUEST_ID))
          .hasMessageContaining("refuses the features");
      assertThat(rig.driver.negotiate(BalloonRig.ALL) & FreePagesLayout.F_DROP_LOCK).isNotZero();
    }
  }

  @Test
  @DisplayName("the held request buffer moves with the guest; what was asked does not")
  void moves() {
    with(
        PLAIN,
        guest -> {
          try (BalloonRig target = new BalloonRig(PLAIN, false)) {
            guest.rig.moveTo(target);
            target.host().hintStart(target.sink);
            assertThat(target.memory.load16(guest.ring.deviceArea() + 2)).isEqualTo(1);
            assertThat(target.counted(BalloonCounter.FREE_PAGES_REQUESTS)).isEqualTo(1);
          }
          guest.rig.host().hintStart(guest.rig.sink);
          try (BalloonRig target = new BalloonRig(PLAIN, false)) {
            guest.rig.moveTo(target);
            target.host().hintStart(target.sink);
            assertThat(target.counted(BalloonCounter.FREE_PAGES_REQUESTS))
                .as("the old request must be answered first")
                .isEqualTo(1);
          }
          guest.rig.driver.reset();
          assertThat(guest.rig.host().hintingPossible()).isFalse();
        });
  }

  @Test
  @DisplayName("S004: under the guest's lock a host may discard, or mark clean; without it loses")
  void discardAndClean() {
    for (BalloonProperty action :
        new BalloonProperty[] {
          BalloonProperty.DISCARD_FREE_PAGES, BalloonProperty.CLEAN_FREE_PAGES
        }) {
      with(
          EXTENDED.with(action, true),
          guest -> {
            GuestMemory memory = guest.rig.memory;
            memory.dirtyLog().clear();
            guest.rig.host().hintStart(guest.rig.sink);
            long id = guest.requested(FreePagesLayout.ID);
            // Lock kept: the page is written after the reply was used.
            guest.reply(id, false, PFN);
            memory.store64(FREE, 42);
            assertThat(lost(memory, FREE)).isFalse();
            // Lock dropped: the page in the bitmap is written before the host looks at it.
            memory.store64(FREE + 4096, 42);
            guest.reply(id, true, PFN + 1);
            assertThat(lost(memory, FREE + 4096)).isTrue();
          });
    }
  }

  /** Whether a migration would not bring what was stored there. */
  private static boolean lost(GuestMemory memory, long gpa) {
    PageBitmap dirty = new PageBitmap(memory.pages());
    memory.harvest(dirty);
    return memory.load64(gpa) != 42 || !dirty.get((gpa - GuestMemory.RAM_BASE) >>> 12);
  }
}
