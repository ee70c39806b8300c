package aerostat.mmio.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What is told to be zero without a look must be zero; and what was never touched is told. */
class AbsentPagesTest {
  private static final long PAGES = 64 * 70 + 5;
  private static final long SIZE = PAGES << GuestMemory.PAGE_SHIFT;

  private static long at(long page) {
    return GuestMemory.RAM_BASE + (page << GuestMemory.PAGE_SHIFT);
  }

  @Test
  void untouchedPagesAreAbsent_writtenOnesAreNot_discardedOnesAreAgain() {
    try (GuestMemory memory = GuestMemory.anonymous(SIZE)) {
      assertThat(memory.absentPages().cardinality()).isEqualTo(PAGES);
      memory.store8(at(3), 1);
      memory.store8(at(PAGES - 1), 0);
      memory.fill(at(100), 64L << GuestMemory.PAGE_SHIFT, (byte) 1);
      PageBitmap absent = memory.absentPages();
      assertThat(absent.get(3)).isFalse();
      assertThat(absent.get(PAGES - 1)).as("written, though with a zero").isFalse();
      assertThat(absent.cardinality()).isEqualTo(PAGES - 66);
      memory.discard(at(100), 32L << GuestMemory.PAGE_SHIFT);
      assertThat(memory.absentPages().cardinality()).isEqualTo(PAGES - 34);
    }
  }

  @Test
  void preparingARead_changesNoByte() {
    try (GuestMemory memory = GuestMemory.anonymous(SIZE)) {
      memory.store64(at(9), 77);
      memory.prepareRead(0, PAGES);
      assertThat(memory.load64(at(9))).isEqualTo(77);
      assertThat(memory.isZero(at(10), SIZE - (10L << GuestMemory.PAGE_SHIFT))).isTrue();
      assertThat(memory.dirtyLog().isClean()).isFalse();
    }
  }

  @Test
  void preparingAWrite_changesNoByteAndMarksNothing_butTheHostHasProvidedThePages() {
    try (GuestMemory memory = GuestMemory.anonymous(SIZE)) {
      memory.store64(at(9), 77);
      memory.dirtyLog().clear();
      memory.prepareWrite(8, 12);
      memory.prepareWrite(PAGES, PAGES);
      assertThat(memory.load64(at(9))).isEqualTo(77);
      assertThat(memory.isZero(at(10), 2L << GuestMemory.PAGE_SHIFT)).isTrue();
      assertThat(memory.dirtyLog().isClean()).isTrue();
      assertThat(memory.absentPages().cardinality()).isEqualTo(PAGES - 4);
      assertThatThrownBy(() -> memory.prepareWrite(0, PAGES + 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void memoryInFiles_isNeverToldToBeZero() {
    try (GuestMemory memory = GuestMemory.sharedMemory("absent-pages-test", SIZE)) {
      assertThat(memory.absentPages().cardinality()).isZero();
      memory.prepareRead(0, 4);
    }
  }

  @Test
  void and_keepsWhatBothHave() {
    PageBitmap one = new PageBitmap(130);
    PageBitmap two = new PageBitmap(130);
    one.setRange(10, 100);
    two.setRange(90, 130);
    one.and(two);
    assertThat(one.cardinality()).isEqualTo(10);
    assertThat(one.nextSet(0)).isEqualTo(90);
  }
}
