package aerostat.guest.mm;

import static aerostat.guest.mm.FreeArea.MIGRATE_MOVABLE;
import static aerostat.guest.mm.FreeArea.MIGRATE_RECLAIMABLE;
import static aerostat.guest.mm.FreeArea.MIGRATE_UNMOVABLE;
import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainKernel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Migrate types, page blocks, fallback, the CPU's lists, the bulk call: MM-01, MM-02, MM-07. */
class MigrateTypeTest {
  private static final int HINT = Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN | Gfp.__GFP_NOMEMALLOC;
  private static final int TAKE = Gfp.__GFP_MEMALLOC | Gfp.__GFP_NOWARN;

  private final Zone zone = Zone.normal();

  @BeforeEach
  void setUp() {
    PlainKernel.setUp(64 << 20, "");
    FreeMemory.bootPageset();
  }

  @Test
  void mm01_flagsNameTheTypeAndEachHasItsFallbacks() {
    assertThat(Gfp.migratetype(Gfp.GFP_KERNEL)).isEqualTo(MIGRATE_UNMOVABLE);
    assertThat(Gfp.migratetype(Gfp.GFP_HIGHUSER_MOVABLE)).isEqualTo(MIGRATE_MOVABLE);
    assertThat(Gfp.migratetype(Gfp.__GFP_RECLAIMABLE)).isEqualTo(MIGRATE_RECLAIMABLE);
    assertThat(fallbacks(MIGRATE_UNMOVABLE)).containsExactly(MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE);
    assertThat(fallbacks(MIGRATE_MOVABLE)).containsExactly(MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE);
    assertThat(fallbacks(MIGRATE_RECLAIMABLE)).containsExactly(MIGRATE_UNMOVABLE, MIGRATE_MOVABLE);
  }

  private static List<Integer> fallbacks(int type) {
    return List.of(Rmqueue.fallback(type, 0), Rmqueue.fallback(type, 1));
  }

  @Test
  void atBootAllPageBlocksAreMovable() {
    for (long pfn = zone.startPfn(); pfn < zone.endPfn(); pfn += Pageblock.NR_PAGES) {
      assertThat(Pageblock.migratetype(Page.ofPfn(pfn))).isEqualTo(MIGRATE_MOVABLE);
    }
  }

  @Test
  void mm01_anUnmovablePageClaimsTheLargestBlockWhole() {
    Page page = PageAlloc.allocPages(0, 0);
    assertThat(Pageblock.migratetype(page)).isEqualTo(MIGRATE_UNMOVABLE);
    Page second = Page.ofPfn((page.pfn() & -1024) + 512);
    assertThat(Pageblock.migratetype(second)).isEqualTo(MIGRATE_UNMOVABLE);
    assertThat(ReportingFixture.list(9, MIGRATE_UNMOVABLE)).containsExactly(second.pfn());
    // Movable pages do not come from there as long as there are others.
    Page movable = PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 0);
    assertThat(Pageblock.migratetype(movable)).isEqualTo(MIGRATE_MOVABLE);
  }

  private List<Page> takeAll(int gfp, int order) {
    List<Page> pages = new ArrayList<>();
    Page page = PageAlloc.allocPages(gfp | TAKE, order);
    while (page != null) {
      pages.add(page);
      page = PageAlloc.allocPages(gfp | TAKE, order);
    }
    return pages;
  }

  @Test
  void mm01_aMovablePageStealsTheSmallestBlockAndLeavesThePageBlockAlone() {
    List<Page> all = takeAll(Gfp.__GFP_MOVABLE, 0);
    Page block = Pageblock.start(all.get(all.size() / 2));
    Pageblock.setMigratetype(block, MIGRATE_UNMOVABLE);
    PageAlloc.freePages(block, 0);
    for (int i = 8; i < 16; i++) {
      PageAlloc.freePages(block.plus(i), 0);
    }
    assertThat(ReportingFixture.list(3, MIGRATE_UNMOVABLE)).containsExactly(block.pfn() + 8);
    Page page = PageAlloc.allocPages(Gfp.__GFP_MOVABLE | TAKE, 0);
    assertThat(page.pfn()).isEqualTo(block.pfn());
    assertThat(Pageblock.migratetype(block)).isEqualTo(MIGRATE_UNMOVABLE);
  }

  @Test
  void mm01_aPageBlockThatIsHalfFreeIsClaimed() {
    List<Page> all = takeAll(Gfp.__GFP_MOVABLE, 0);
    Page block = Pageblock.start(all.get(all.size() / 2));
    Pageblock.setMigratetype(block, MIGRATE_RECLAIMABLE);
    for (int i = 0; i < 256; i++) {
      PageAlloc.freePages(block.plus(i), 0);
    }
    Page page = PageAlloc.allocPages(TAKE, 0);
    assertThat(page.pfn()).isEqualTo(block.pfn());
    assertThat(Pageblock.migratetype(block)).isEqualTo(MIGRATE_UNMOVABLE);
    assertThat(ReportingFixture.list(7, MIGRATE_UNMOVABLE)).containsExactly(block.pfn() + 128);
    assertThat(ReportingFixture.list(7, MIGRATE_RECLAIMABLE)).isEmpty();
  }

  @Test
  void mm01_lessThanHalfFreeIsStolenFrom() {
    List<Page> all = takeAll(Gfp.__GFP_MOVABLE, 0);
    Page block = Pageblock.start(all.get(all.size() / 2));
    Pageblock.setMigratetype(block, MIGRATE_RECLAIMABLE);
    for (int i = 0; i < 128; i++) {
      PageAlloc.freePages(block.plus(i), 0);
    }
    assertThat(PageAlloc.allocPages(TAKE, 0)).isNotNull();
    assertThat(Pageblock.migratetype(block)).isEqualTo(MIGRATE_RECLAIMABLE);
  }

  @Test
  void mm02_pageBlocksOfTwoTypesMergeAndAreAlikeThen() {
    Page block = PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 10);
    block.setRefcount(1);
    block.plus(512).setRefcount(1);
    Pageblock.setMigratetype(block, MIGRATE_UNMOVABLE);
    PageAlloc.freePages(block, 9);
    PageAlloc.freePages(block.plus(512), 9);
    assertThat(block.isBuddyOfOrder(10)).isTrue();
    assertThat(Pageblock.migratetype(block)).isEqualTo(MIGRATE_MOVABLE);
    assertThat(ReportingFixture.list(10, MIGRATE_MOVABLE)).contains(block.pfn());
    assertThat(ReportingFixture.list(9, MIGRATE_UNMOVABLE)).isEmpty();
  }

  @Test
  void mm02_specialPageBlocksDoNotMergeWithOthers() {
    Page block = PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 10);
    block.plus(512).setRefcount(1);
    Pageblock.setMigratetype(block, FreeArea.MIGRATE_ISOLATE);
    PageAlloc.freePages(block, 9);
    PageAlloc.freePages(block.plus(512), 9);
    assertThat(block.isBuddyOfOrder(9)).isTrue();
    assertThat(block.plus(512).isBuddyOfOrder(9)).isTrue();
  }

  @Test
  void mm07_batchAndHighFollowTheZone() {
    PlainKernel.setUp(1L << 30, "");
    assertThat(PerCpuPages.batch()).isEqualTo(63);
    assertThat(PerCpuPages.high()).isEqualTo((int) zone.watermark(Zone.WMARK_LOW));
    PlainKernel.setUp(64 << 20, "");
    assertThat(PerCpuPages.batch()).isEqualTo(3);
  }

  @Test
  void mm07_ordersZeroToThreeAndNineStayInTheCpusListsAndTenDoesNot() {
    PlainKernel.setUp(1L << 30, "");
    for (int order = 0; order <= 10; order++) {
      FreeMemory.drain();
      Page page = PageAlloc.allocPages(Gfp.__GFP_MOVABLE, order);
      long free = zone.freePages();
      int held = PerCpuPages.count();
      PageAlloc.freePages(page, order);
      boolean kept = order <= 3 || order == 9;
      assertThat(PerCpuPages.count() - held).as("order %d", order).isEqualTo(kept ? 1 << order : 0);
      assertThat(zone.freePages() - free).as("order %d", order).isEqualTo(kept ? 0 : 1 << order);
    }
    FreeMemory.drain();
    assertThat(PerCpuPages.count()).isZero();
    assertThat(zone.freePages()).isEqualTo(zone.managedPages());
  }

  @Test
  void mm07_whatIsTakenLastIsGivenFirst() {
    PlainKernel.setUp(1L << 30, "");
    Page a = PageAlloc.allocPages(0, 0);
    Page b = PageAlloc.allocPages(0, 0);
    assertThat(b.pfn()).as("split off in ascending order").isEqualTo(a.pfn() + 1);
    PageAlloc.freePages(a, 0);
    PageAlloc.freePages(b, 0);
    assertThat(PageAlloc.allocPages(0, 0).pfn()).isEqualTo(b.pfn());
    assertThat(PageAlloc.allocPages(0, 0).pfn()).isEqualTo(a.pfn());
  }

  @Test
  void mm07_aboveTheHighMarkABatchGoesBack() {
    PlainKernel.setUp(1L << 30, "");
    List<Page> pages = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      pages.add(PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 0));
    }
    FreeMemory.drain();
    int high = PerCpuPages.high();
    for (int i = 0; i < high - 1; i++) {
      PageAlloc.freePages(pages.get(i), 0);
    }
    assertThat(PerCpuPages.count()).isEqualTo(high - 1);
    PageAlloc.freePages(pages.get(high - 1), 0);
    assertThat(PerCpuPages.count()).isEqualTo(high - PerCpuPages.batch());
  }

  @Test
  void mm07_aFreedPageGoesToTheListOfItsPageBlocksType() {
    PlainKernel.setUp(1L << 30, "");
    Page page = PageAlloc.allocPages(Gfp.__GFP_MOVABLE, 0);
    Pageblock.setMigratetype(page, MIGRATE_UNMOVABLE);
    PageAlloc.freePages(page, 0);
    assertThat(PageAlloc.allocPages(0, 0).pfn()).isEqualTo(page.pfn());
  }

  @Test
  void theBulkCallGivesWhatOneByOneGivesAndStopsAtTheSameMark() {
    Set<Long> single = new HashSet<>();
    Page page = PageAlloc.allocPages(HINT, 10);
    while (page != null) {
      single.add(page.pfn());
      page = PageAlloc.allocPages(HINT, 10);
    }
    single.forEach(pfn -> PageAlloc.freePages(Page.ofPfn(pfn), 10));
    long free = zone.freePages();
    ListHead list = new ListHead(Slab.kzalloc(ListHead.SIZE, 0));
    list.init();
    free = Math.min(free, zone.freePages());
    assertThat(PageAlloc.allocPagesBulk(HINT, 10, 3, list)).isEqualTo(3);
    int rest = PageAlloc.allocPagesBulk(HINT, 10, 1000, list);
    assertThat(rest + 3).isBetween(single.size() - 1, single.size());
    assertThat(zone.freePages()).isEqualTo(free - (rest + 3L) * 1024);
    assertThat(zone.freePages()).isGreaterThan(zone.watermark(Zone.WMARK_MIN));
    assertThat(PageAlloc.allocPagesBulk(HINT, 10, 1, list)).isZero();
    while (!list.isEmpty()) {
      ListHead link = list.next();
      link.del();
      PageAlloc.freePages(Page.ofLru(link), 10);
    }
    assertThat(zone.freePages()).isEqualTo(free);
  }

  @Test
  void theBulkCallStopsAtTheMinWatermarkForHints() {
    ListHead list = new ListHead(Slab.kzalloc(ListHead.SIZE, 0));
    list.init();
    // free - 1023 > min holds for two blocks and no third.
    zone.setWatermark(Zone.WMARK_MIN, zone.freePages() - 2 * 1024 - 1023);
    assertThat(PageAlloc.allocPagesBulk(HINT, 10, 100, list)).isEqualTo(2);
  }

  @Test
  void theBulkCallZeroesWhenAsked() {
    Page page = PageAlloc.allocPages(0, 10);
    Memory.fill(page.virtual(), 4 << 20, 7);
    PageAlloc.freePages(page, 10);
    ListHead list = new ListHead(Slab.kzalloc(ListHead.SIZE, 0));
    list.init();
    PageAlloc.allocPagesBulk(HINT | Gfp.__GFP_ZERO, 10, 20, list);
    for (ListHead at = list.next(); !list.is(at); at = at.next()) {
      assertThat(Memory.isZero(Page.ofLru(at).virtual(), 4 << 20)).isTrue();
    }
  }
}
