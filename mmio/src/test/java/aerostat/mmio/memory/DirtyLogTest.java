package aerostat.mmio.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirtyLogTest {
  private static final long BASE = GuestMemory.RAM_BASE;
  private static final int PAGE = GuestMemory.PAGE_SIZE;

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 9, 63, 64, 65, 1000})
  void harvestReportsEachMarkOnce(int pages) {
    long seed = pages;
    Random random = new Random(seed);
    DirtyLog log = DirtyLog.allocate(pages);
    PageBitmap all = new PageBitmap(pages);
    for (int round = 0; round < 50; round++) {
      BitSet marked = new BitSet();
      for (int i = random.nextInt(20); i > 0; i--) {
        int page = random.nextInt(pages);
        int count = 1 + random.nextInt(pages - page);
        log.mark(BASE + (long) page * PAGE, (long) count * PAGE);
        marked.set(page, page + count);
      }
      PageBitmap found = new PageBitmap(pages);
      assertThat(log.isClean()).isEqualTo(marked.isEmpty());
      assertThat(log.harvest(found)).as("seed %d", seed).isEqualTo(marked.cardinality());
      for (int page = 0; page < pages; page++) {
        assertThat(found.get(page)).as("seed %d page %d", seed, page).isEqualTo(marked.get(page));
      }
      assertThat(log.isClean()).isTrue();
      all.or(found);
      assertThat(log.harvest(all)).isZero();
    }
  }

  @Test
  void harvestCountsOnlyWhatIsNewInTheTarget() {
    DirtyLog log = DirtyLog.allocate(128);
    PageBitmap into = new PageBitmap(128);
    into.setRange(10, 20);
    log.mark(BASE + 15 * PAGE, 10 * PAGE);
    assertThat(log.harvest(into)).isEqualTo(5);
    assertThat(into.nextClear(10)).isEqualTo(25);
    assertThat(into.cardinality()).isEqualTo(15);
  }

  @Test
  void aLateMarkIsThereForEveryoneWhoLooks() {
    DirtyLog log = DirtyLog.allocate(100);
    LateMark mark = log.lateMark();
    mark.written(BASE + 5 * PAGE + 10, 2 * PAGE);
    assertThat(log.isClean()).isFalse();
    assertThat(log.cards()[6]).isEqualTo((byte) 1);
    PageBitmap found = new PageBitmap(100);
    assertThat(log.harvest(found)).isEqualTo(3);
    assertThat(found.nextSet(0)).isEqualTo(5);
    mark.written(BASE + 5 * PAGE + 10, 2 * PAGE);
    mark.written(BASE + 50 * PAGE, 1);
    assertThat(log.harvest(new PageBitmap(100))).as("the range before it, too").isEqualTo(4);
    mark.written(BASE + 50 * PAGE, 1);
    log.clear();
    assertThat(log.isClean()).isTrue();
    assertThatThrownBy(() -> mark.written(BASE + 99 * PAGE, PAGE + 1))
        .isInstanceOf(GuestAddressException.class);
  }

  @Test
  void aDiscardComesAfterTheLateMarksBeforeIt() {
    DirtyLog log = DirtyLog.allocate(100);
    LateMark mark = log.lateMark();
    mark.written(BASE, PAGE);
    log.markDiscarded(0, PAGE);
    assertThat(log.cards()[0]).isEqualTo(DirtyLog.DISCARDED);
  }

  @Test
  void clearForgets() {
    DirtyLog log = DirtyLog.allocate(100);
    log.mark(BASE, 100 * PAGE);
    log.clear();
    assertThat(log.isClean()).isTrue();
    assertThat(log.harvest(new PageBitmap(100))).isZero();
  }

  @Test
  void rangesAreChecked() {
    DirtyLog log = DirtyLog.allocate(100);
    for (long gpa : new long[] {0, BASE - 1, BASE + 100 * PAGE, -1, Long.MIN_VALUE + BASE}) {
      assertThatThrownBy(() -> log.mark(gpa, 1)).isInstanceOf(GuestAddressException.class);
    }
    assertThatThrownBy(() -> log.mark(BASE + 99 * PAGE, PAGE + 1))
        .isInstanceOf(GuestAddressException.class);
    log.mark(-1, 0);
    assertThat(log.isClean()).isTrue();
    PageBitmap wrongSize = new PageBitmap(99);
    assertThatThrownBy(() -> log.harvest(wrongSize)).isInstanceOf(IllegalArgumentException.class);
  }

  /**
   * Two writers share every card word and write each page once a round, right behind each other,
   * while a migration harvests and copies what is reported. After a last harvest the copy must
   * equal the original: a lost mark has no later one to make up for it.
   */
  @RepeatedTest(20)
  void aRunningHarvestLosesNoWrite(RepetitionInfo repetition) throws InterruptedException {
    int pages = 4096;
    int writers = 2;
    int round = repetition.getCurrentRepetition();
    try (GuestMemory memory = GuestMemory.anonymous((long) pages * PAGE)) {
      AtomicBoolean writing = new AtomicBoolean(true);
      CountDownLatch harvesting = new CountDownLatch(1);
      long[] copy = new long[pages];
      Thread migration =
          new Thread(
              () -> {
                boolean last;
                do {
                  last = !writing.get();
                  PageBitmap dirty = new PageBitmap(pages);
                  memory.dirtyLog().harvest(dirty);
                  for (long p = dirty.nextSet(0); p >= 0; p = dirty.nextSet(p + 1)) {
                    copy[(int) p] = memory.load64(BASE + p * PAGE);
                  }
                  harvesting.countDown();
                } while (!last);
              });
      Thread[] threads = new Thread[writers];
      for (int w = 0; w < writers; w++) {
        int first = w;
        threads[w] =
            new Thread(
                () -> {
                  for (int page = first; page < pages; page += writers) {
                    memory.store64(BASE + (long) page * PAGE, page + round);
                  }
                });
      }
      migration.start();
      harvesting.await();
      for (Thread thread : threads) {
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      writing.set(false);
      migration.join();
      for (int page = 0; page < pages; page++) {
        assertThat(copy[page]).as("round %d, page %d", round, page).isEqualTo(page + round);
      }
    }
  }
}
