package aerostat.mmio.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageBitmapTest {
  /** Against the JDK's own bit set, at sizes around the word's. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 127, 128, 129, 500})
  void behavesAsABitSet(int pages) {
    Random random = new Random(pages);
    PageBitmap bitmap = new PageBitmap(pages);
    BitSet model = new BitSet();
    for (int step = 0; step < 400; step++) {
      String at = "seed and size %d, step %d".formatted(pages, step);
      int from = random.nextInt(pages + 1);
      int to = from + random.nextInt(pages - from + 1);
      int before = model.cardinality();
      if (random.nextBoolean()) {
        model.set(from, to);
        assertThat(bitmap.setRange(from, to)).as(at).isEqualTo(model.cardinality() - before);
      } else {
        model.clear(from, to);
        assertThat(bitmap.clearRange(from, to)).as(at).isEqualTo(before - model.cardinality());
      }
      assertThat(bitmap.cardinality()).as(at).isEqualTo(model.cardinality());
      int search = random.nextInt(pages + 2);
      assertThat(bitmap.nextSet(search)).as(at).isEqualTo(model.nextSetBit(search));
      assertThat(bitmap.nextClear(search))
          .as(at)
          .isEqualTo(Math.min(pages, model.nextClearBit(search)));
      if (pages > 0) {
        int page = random.nextInt(pages);
        assertThat(bitmap.get(page)).as(at).isEqualTo(model.get(page));
        if (random.nextBoolean()) {
          assertThat(bitmap.testAndClear(page)).as(at).isEqualTo(model.get(page));
          model.clear(page);
        } else {
          assertThat(bitmap.testAndSet(page)).as(at).isEqualTo(!model.get(page));
          model.set(page);
        }
      }
    }
    bitmap.setAll();
    assertThat(bitmap.cardinality()).isEqualTo(pages);
    assertThat(bitmap.nextClear(0)).isEqualTo(pages);
    PageBitmap copy = bitmap.copy();
    bitmap.clearRange(0, pages);
    assertThat(bitmap.nextSet(0)).isEqualTo(-1);
    assertThat(copy.cardinality()).isEqualTo(pages);
  }

  @Test
  void rangesAreChecked() {
    PageBitmap bitmap = new PageBitmap(100);
    assertThatThrownBy(() -> bitmap.get(100)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> bitmap.get(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> bitmap.testAndSet(Long.MIN_VALUE))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> bitmap.setRange(0, 101)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> bitmap.setRange(-1, 5)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> bitmap.clearRange(5, 4)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> bitmap.nextSet(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> new PageBitmap(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThat(bitmap.nextSet(Long.MAX_VALUE)).isEqualTo(-1);
  }

  /** A bit that two threads race to clear is counted by exactly one of them. */
  @Test
  void racingClearsCountEachBitOnce() throws InterruptedException {
    int pages = 1 << 16;
    PageBitmap bitmap = new PageBitmap(pages);
    bitmap.setAll();
    AtomicLong cleared = new AtomicLong();
    Runnable ranges =
        () -> {
          for (int at = 0; at + 48 <= pages; at += 48) {
            cleared.addAndGet(bitmap.clearRange(at, at + 48));
          }
        };
    Runnable bits =
        () -> {
          for (long at = bitmap.nextSet(0); at >= 0; at = bitmap.nextSet(at + 1)) {
            cleared.addAndGet(bitmap.testAndClear(at) ? 1 : 0);
          }
        };
    Thread first = new Thread(ranges);
    Thread second = new Thread(bits);
    first.start();
    second.start();
    first.join();
    second.join();
    assertThat(cleared.get() + bitmap.cardinality()).isEqualTo(pages);
  }
}
