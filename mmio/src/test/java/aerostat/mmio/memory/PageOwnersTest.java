package aerostat.mmio.memory;

import static aerostat.mmio.memory.PageOwners.BALLOON;
import static aerostat.mmio.memory.PageOwners.GUEST;
import static aerostat.mmio.memory.PageOwners.HINTED;
import static aerostat.mmio.memory.PageOwners.REPORTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.memory.PageOwners.Run;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PageOwnersTest {
  private static final long BASE = GuestMemory.RAM_BASE;
  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final int PAGES = 203;

  private final Arena arena = Arena.ofConfined();
  private final PageOwners owners = new PageOwners(PAGES, arena);

  @AfterEach
  void close() {
    arena.close();
  }

  @Test
  void everyPageStartsAsTheGuests() {
    assertThat(owners.counts()).containsExactly(PAGES, 0, 0, 0);
    assertThat(owners.next(0)).isEqualTo(new Run(0, PAGES, GUEST));
    assertThat(owners.next(PAGES)).isNull();
    assertThat(owners.save()).isEmpty();
  }

  @Test
  void pagesTouchedByTheRangeChangeHands() {
    owners.set(BASE + 3 * PAGE + 5, PAGE, BALLOON);
    owners.set(BASE + (PAGES - 1) * (long) PAGE, PAGE, REPORTED);
    owners.set(BASE + 10 * PAGE, 20 * PAGE, HINTED);
    assertThat(owners.get(BASE + 2 * PAGE)).isEqualTo(GUEST);
    assertThat(owners.get(BASE + 4 * PAGE + 4095)).isEqualTo(BALLOON);
    assertThat(owners.counts()).containsExactly(PAGES - 23, 2, 20, 1);
    assertThat(owners.save())
        .containsExactly(
            new Run(3, 2, BALLOON), new Run(10, 20, HINTED), new Run(PAGES - 1, 1, REPORTED));
  }

  @Test
  void ownersThatCameByReplaceOrRewindAreSaved_andGoWithARestoreOfNone() {
    List<Run> hinted = List.of(new Run(5, 4, HINTED));
    owners.replace(5, 9, GUEST, HINTED);
    assertThat(owners.save()).isEqualTo(hinted);
    MemorySegment then = arena.allocate(PAGES).copyFrom(owners.states());
    owners.restore(List.of());
    assertThat(owners.save()).isEmpty();
    assertThat(owners.counts()).containsExactly(PAGES, 0, 0, 0);
    owners.rewind(then);
    assertThat(owners.save()).isEqualTo(hinted);
  }

  @Test
  void savedRunsBringTheSameOwnersBack() {
    long seed = 11;
    Random random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      for (int i = 0; i < 10; i++) {
        int from = random.nextInt(PAGES);
        int count = random.nextInt(PAGES - from + 1);
        owners.set(BASE + (long) from * PAGE, (long) count * PAGE, (byte) random.nextInt(4));
      }
      List<Run> saved = owners.save();
      PageOwners other = new PageOwners(PAGES, arena);
      other.set(BASE, (long) PAGES * PAGE, HINTED);
      other.restore(saved);
      assertThat(other.states().mismatch(owners.states())).as("seed %d", seed).isEqualTo(-1);
      assertThat(other.save()).isEqualTo(saved);
      long sum = 0;
      for (long count : other.counts()) {
        sum += count;
      }
      assertThat(sum).isEqualTo(PAGES);
    }
  }

  @Test
  void replaceAndWritten_asAByteByByteModelDoes() {
    long seed = 23;
    Random random = new Random(seed);
    int pages = 3 * 4096 + 203;
    PageOwners large = new PageOwners(pages, arena);
    byte[] model = new byte[pages];
    for (int step = 0; step < 400; step++) {
      int from = random.nextInt(pages);
      int to = from + random.nextInt(pages - from + 1);
      byte owner = (byte) random.nextInt(4);
      byte other = (byte) random.nextInt(4);
      switch (random.nextInt(3)) {
        case 0 -> {
          to = Math.min(to, from + 300);
          large.set(BASE + (long) from * PAGE, (long) (to - from) * PAGE, owner);
          Arrays.fill(model, from, to, owner);
        }
        case 1 -> {
          long replaced = large.replace(from, to, owner, other);
          for (int i = from; i < to; i++) {
            replaced -= model[i] == owner ? 1 : 0;
            model[i] = model[i] == owner ? other : model[i];
          }
          assertThat(replaced).as("seed %d, step %d", seed, step).isZero();
        }
        default -> {
          int group = from & -64;
          long bits = random.nextLong();
          large.written(group, bits);
          for (int i = group; i < Math.min(group + 64, pages); i++) {
            boolean taken = (bits >>> (i - group) & 1) != 0 && model[i] >= HINTED;
            model[i] = taken ? GUEST : model[i];
          }
        }
      }
      assertThat(large.states().mismatch(MemorySegment.ofArray(model)))
          .as("seed %d, step %d", seed, step)
          .isEqualTo(-1);
      long[] counts = new long[4];
      for (byte each : model) {
        counts[each]++;
      }
      assertThat(large.counts()).as("seed %d, step %d", seed, step).isEqualTo(counts);
    }
    assertThatThrownBy(() -> large.replace(5, pages + 1, GUEST, BALLOON))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aHintedPageIsTheGuestsAgainOnceItIsWritten() {
    try (GuestMemory memory = GuestMemory.anonymous(1 << 20)) {
      PageBitmap bits = new PageBitmap(memory.pages());
      memory.owners().set(BASE, 4 * PAGE, HINTED);
      memory.owners().set(BASE + 4 * PAGE, PAGE, BALLOON);
      memory.store64(BASE + PAGE, 1);
      memory.store64(BASE + 4 * PAGE, 1);
      memory.settleOwners();
      assertThat(memory.owners().counts()[HINTED]).isEqualTo(3);
      assertThat(memory.dirtyLog().isClean()).as("settling takes no marks").isFalse();
      memory.store64(BASE + 3 * PAGE, 1);
      assertThat(memory.harvest(bits)).isEqualTo(3);
      assertThat(memory.owners().save())
          .containsExactly(new Run(0, 1, HINTED), new Run(2, 1, HINTED), new Run(4, 1, BALLOON));
    }
  }

  @Test
  void hostileRunsAreRefusedWhole() {
    owners.set(BASE, PAGE, BALLOON);
    for (Run bad :
        new Run[] {
          new Run(-1, 2, BALLOON),
          new Run(0, 0, BALLOON),
          new Run(0, -1, BALLOON),
          new Run(5, PAGES - 4, BALLOON),
          new Run(PAGES, 1, BALLOON),
          new Run(1, Long.MAX_VALUE, BALLOON),
          new Run(5, 1, GUEST),
          new Run(5, 1, (byte) 4),
          new Run(5, 1, (byte) -1),
        }) {
      assertThatThrownBy(() -> owners.restore(List.of(bad)))
          .as("%s", bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(
            () -> owners.restore(List.of(new Run(5, 5, BALLOON), new Run(9, 1, BALLOON))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(owners.save()).containsExactly(new Run(0, 1, BALLOON));
  }

  @Test
  void rangesAndOwnersAreChecked() {
    assertThatThrownBy(() -> owners.get(BASE - 1)).isInstanceOf(GuestAddressException.class);
    assertThatThrownBy(() -> owners.get(BASE + (long) PAGES * PAGE))
        .isInstanceOf(GuestAddressException.class);
    assertThatThrownBy(() -> owners.set(BASE, (long) PAGES * PAGE + 1, BALLOON))
        .isInstanceOf(GuestAddressException.class);
    assertThatThrownBy(() -> owners.set(BASE, PAGE, (byte) 4))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(owners.save()).isEmpty();
  }
}
