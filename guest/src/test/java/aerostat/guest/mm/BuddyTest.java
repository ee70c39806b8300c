package aerostat.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainFault;
import aerostat.guest.plain.PlainKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The buddy allocator against a model, and its order of lists: MM-01 to MM-04. */
class BuddyTest {

  @BeforeEach
  void setUp() {
    PlainKernel.setUp(64 << 20, "");
    FreeMemory.bootPageset();
  }

  private static List<Long> freeList(int order) {
    List<Long> pfns = new ArrayList<>();
    for (int type = 0; type < FreeArea.MIGRATE_TYPES; type++) {
      ListHead list = Zone.normal().freeArea(order).freeList(type);
      for (ListHead at = list.next(); !list.is(at); at = at.next()) {
        Page page = Page.ofLru(at);
        assertThat(page.isBuddyOfOrder(order)).as("type of pfn %x", page.pfn()).isTrue();
        for (long i = 0; i < 1L << order; i += Pageblock.NR_PAGES) {
          assertThat(Pageblock.migratetype(page.plus(i))).isEqualTo(type);
        }
        pfns.add(page.pfn());
      }
    }
    assertThat(Zone.normal().freeArea(order).nrFree()).isEqualTo(pfns.size());
    return pfns;
  }

  /** Free blocks by their first pfn; checks that they do not overlap and are fully merged. */
  static SortedMap<Long, Integer> freeBlocks() {
    SortedMap<Long, Integer> blocks = new TreeMap<>();
    for (int order = 0; order < Zone.NR_PAGE_ORDERS; order++) {
      for (long pfn : freeList(order)) {
        assertThat(pfn & ((1L << order) - 1)).isZero();
        assertThat(blocks.put(pfn, order)).isNull();
      }
    }
    long end = 0;
    long pages = 0;
    for (var block : blocks.entrySet()) {
      assertThat(block.getKey()).isGreaterThanOrEqualTo(end);
      end = block.getKey() + (1L << block.getValue());
      pages += 1L << block.getValue();
      if (block.getValue() < Zone.MAX_PAGE_ORDER) {
        assertThat(blocks.get(block.getKey() ^ (1L << block.getValue())))
            .as("buddy of pfn %x order %d is free too", block.getKey(), block.getValue())
            .isNotEqualTo(block.getValue());
      }
    }
    Zone zone = Zone.normal();
    assertThat(pages + zone.deferredEnd() - zone.deferredStart()).isEqualTo(zone.freePages());
    return blocks;
  }

  @Test
  void randomAllocationAndFreeAgainstAModel() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    var before = freeBlocks();
    record Block(long pfn, int order) {}
    List<Block> held = new ArrayList<>();
    TreeMap<Long, Long> used = new TreeMap<>();
    for (int i = 0; i < 20_000; i++) {
      boolean grow = i % 4000 < 2400;
      if (random.nextInt(100) < (grow ? 65 : 35) || held.isEmpty()) {
        int order = Math.min(random.nextInt(12), random.nextInt(12)) % 11;
        int type = random.nextInt(3) << 3;
        Page page =
            PageAlloc.allocPages(
                type | Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN | Gfp.__GFP_NOMEMALLOC, order);
        if (page == null) {
          continue;
        }
        long pfn = page.pfn();
        assertThat(pfn & ((1L << order) - 1)).as("alignment, seed %d", seed).isZero();
        var below = used.floorEntry(pfn + (1L << order) - 1);
        assertThat(below == null || below.getValue() <= pfn).as("overlap, seed %d", seed).isTrue();
        used.put(pfn, pfn + (1L << order));
        held.add(new Block(pfn, order));
      } else {
        Block block = held.remove(random.nextInt(held.size()));
        used.remove(block.pfn());
        PageAlloc.freePages(Page.ofPfn(block.pfn()), block.order());
      }
      if (i % 1000 == 0) {
        freeBlocks();
      }
    }
    for (Block block : held) {
      PageAlloc.freePages(Page.ofPfn(block.pfn()), block.order());
    }
    assertThat(freeBlocks()).as("all is merged again, seed %d", seed).isEqualTo(before);
  }

  @Test
  void splitPutsUpperHalvesAtTheHeadsOfTheirLists() {
    while (!freeList(0).isEmpty() || !freeList(1).isEmpty() || !freeList(2).isEmpty()) {
      PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 0);
    }
    long block = freeList(3).isEmpty() ? -1 : freeList(3).getFirst();
    Page page = PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 0);
    if (block >= 0) {
      assertThat(page.pfn()).isEqualTo(block);
    }
    long pfn = page.pfn();
    assertThat(freeList(0).getFirst()).isEqualTo(pfn + 1);
    assertThat(freeList(1).getFirst()).isEqualTo(pfn + 2);
    assertThat(freeList(2).getFirst()).isEqualTo(pfn + 4);
    PageAlloc.freePages(page, 0);
    assertThat(freeList(0)).isEmpty();
  }

  /** MM-03. */
  @Test
  void aFreedBlockGoesToTheTailWhenTheNextMergeIsLikely() {
    List<Page> pages = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      pages.add(PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 2));
    }
    Page a = pages.stream().filter(page -> (page.pfn() & 15) == 0).findFirst().orElseThrow();
    Page upper = a.plus(8);
    Page next = a.plus(12);
    // The upper buddy pair becomes an order-3 block; then half of the lower pair is freed.
    PageAlloc.freePages(upper, 2);
    assertThat(freeList(2).getFirst()).isEqualTo(upper.pfn());
    PageAlloc.freePages(next, 2);
    assertThat(freeList(3)).contains(upper.pfn());
    Page other =
        pages.stream()
            .filter(page -> page.pfn() > a.pfn() + 16 || page.pfn() < a.pfn())
            .findFirst()
            .orElseThrow();
    PageAlloc.freePages(other, 2);
    PageAlloc.freePages(a, 2);
    assertThat(freeList(2).getLast()).as("merge with %x is likely", upper.pfn()).isEqualTo(a.pfn());
  }

  @Test
  void allocationTakesTheHead() {
    Page a = PageAlloc.allocPages(0, Zone.MAX_PAGE_ORDER);
    PageAlloc.freePages(a, Zone.MAX_PAGE_ORDER);
    assertThat(PageAlloc.allocPages(0, Zone.MAX_PAGE_ORDER).pfn()).isEqualTo(a.pfn());
  }

  @Test
  void onlyTheZeroFlagZeroes() {
    Page page = PageAlloc.allocPages(0, 1);
    Memory.fill(page.virtual(), 8192, 0x5a);
    PageAlloc.freePages(page, 1);
    Page again = PageAlloc.allocPages(0, 1);
    assertThat(again.pfn()).isEqualTo(page.pfn());
    assertThat(Memory.load8(again.virtual() + 5000)).isEqualTo(0x5a);
    PageAlloc.freePages(again, 1);
    Page zeroed = PageAlloc.allocPages(Gfp.__GFP_ZERO, 1);
    assertThat(Memory.isZero(zeroed.virtual(), 8192)).isTrue();
  }

  @Test
  void aSecondFreeIsABug() {
    Page page = PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 0);
    PageAlloc.freePages(page, 0);
    assertThatThrownBy(() -> PageAlloc.freePages(page, 0))
        .isInstanceOf(PlainFault.class)
        .hasMessageContaining("BUG: Bad page state in process swapper  pfn:");
  }

  @Test
  void aPageOfTheMiddleOrOfABalloonIsNotFreed() {
    Page page = PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 2);
    assertThatThrownBy(() -> PageAlloc.freePages(page.plus(1), 0)).isInstanceOf(PlainFault.class);
    Page balloon = PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 0);
    balloon.setOffline();
    assertThatThrownBy(() -> PageAlloc.freePages(balloon, 0)).isInstanceOf(PlainFault.class);
    balloon.clearOffline();
    PageAlloc.freePages(balloon, 0);
  }
}
