package aerostat.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.plain.PlainKernel;
import aerostat.guest.plain.PlainMachine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two zones: {@code movablecore=}. MM-05, MM-06, MM-10, MM-11. */
class MovableZoneTest {
  private static final int MOVABLE =
      Gfp.GFP_HIGHUSER_MOVABLE | Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN;

  private static void setUp(String more) {
    PlainKernel.setUp(128 << 20, "movablecore=32M" + more);
    FreeMemory.bootPageset();
  }

  @Test
  void theEndOfRamIsMovableAndOnlyMovablePagesGoThere() {
    setUp("");
    Zone movable = Zone.movable();
    assertThat(movable.presentPages()).isEqualTo(8192);
    assertThat(movable.freePages()).isEqualTo(8192);
    assertThat(SysInfo.totalRam()).isEqualTo(Zone.normal().managedPages() + movable.managedPages());
    assertThat(SysInfo.freeRam()).isEqualTo(Zone.normal().freePages() + 8192);
    Page kernel = PageAlloc.allocPage(Gfp.GFP_KERNEL);
    Page user = PageAlloc.allocPage(MOVABLE);
    assertThat(Zone.of(kernel)).isEqualTo(Zone.normal());
    assertThat(Zone.of(user)).isEqualTo(movable);
    PageAlloc.freePage(user);
    assertThat(movable.freePages()).isEqualTo(8192);
    assertThat(PageAlloc.allocPages(Gfp.__GFP_NORETRY, Zone.MAX_PAGE_ORDER).pfn())
        .isLessThan(movable.startPfn());
  }

  /** MM-06: a 1,024th of it, at least 32 pages; MM-05: down to the mark, then the other zone. */
  @Test
  void mm05_movablePagesFallBackButLeaveTheKernelsReserve() {
    setUp("");
    Zone normal = Zone.normal();
    Zone movable = Zone.movable();
    assertThat(movable.watermark(Zone.WMARK_MIN)).isEqualTo(32);
    assertThat(movable.watermark(Zone.WMARK_LOW)).isEqualTo(32 + 8);
    List<Page> pages = new ArrayList<>();
    while (pages.isEmpty() || Zone.of(pages.getLast()).isMovable()) {
      pages.add(PageAlloc.allocPage(MOVABLE));
    }
    assertThat(movable.freePages()).isEqualTo(movable.watermark(Zone.WMARK_LOW));
    Page page = PageAlloc.allocPage(MOVABLE);
    while (page != null) {
      page = PageAlloc.allocPage(MOVABLE);
    }
    assertThat(movable.freePages()).isEqualTo(movable.watermark(Zone.WMARK_MIN));
    assertThat(normal.freePages())
        .as("lowmem_reserve: a 32nd of ZONE_MOVABLE")
        .isEqualTo(normal.watermark(Zone.WMARK_MIN) + 8192 / 32);
    assertThat(PageAlloc.allocPage(Gfp.GFP_KERNEL)).as("is for the kernel").isNotNull();
  }

  @Test
  void blocksOfBothZonesAreReported() {
    setUp(" page_reporting.page_reporting_order=10");
    List<Long> met = new ArrayList<>();
    var unused =
        FreeBlocks.walk(
            10,
            (pfn, count, data) -> {
              met.add(pfn);
              return 0;
            },
            0);
    assertThat(met).anyMatch(pfn -> pfn >= Zone.movable().startPfn());
    assertThat(met).anyMatch(pfn -> pfn < Zone.movable().startPfn());
  }

  @Test
  void withoutTheParameterThereIsOneZone() {
    PlainKernel.setUp(128 << 20, "");
    assertThat(Zone.normal().next()).isNull();
    assertThat(Zone.of(Page.ofPfn(Zone.normal().endPfn() - 1))).isEqualTo(Zone.normal());
    assertThat(Zone.movable().watermark(Zone.WMARK_HIGH)).isZero();
  }

  @Test
  void tooLargeAWishLeavesTheKernelSomeMemory() {
    PlainKernel.setUp(32 << 20, "movablecore=1G");
    assertThat(Zone.normal().managedPages()).isGreaterThan(2048);
    assertThat(Zone.movable().startPfn() % 1024).isZero();
  }

  /** A free page goes alone; its neighbours stay free. */
  @Test
  void mm11_aPoisonedPageIsNeverHandedOutAgain() {
    setUp("");
    Zone movable = Zone.movable();
    Page page = Page.ofPfn(movable.startPfn() + 4711);
    assertThat(MemoryFailure.softOffline(page)).isZero();
    assertThat(movable.freePages()).isEqualTo(8191);
    BuddyTest.freeBlocks();
    assertThat(MemoryFailure.softOffline(page)).as("again").isZero();
    assertThat(MemoryFailure.poisonedPages()).isEqualTo(1);
    Page kernel = PageAlloc.allocPage(Gfp.GFP_KERNEL);
    assertThat(MemoryFailure.softOffline(kernel)).as("the kernel's own").isNegative();
    kernel.setFlags(kernel.flags() | Page.PG_HWPOISON);
    long free = SysInfo.freeRam();
    PageAlloc.freePage(kernel);
    assertThat(SysInfo.freeRam()).as("MM-11").isEqualTo(free);
    Page got = PageAlloc.allocPage(Gfp.__GFP_MEMALLOC | Gfp.__GFP_MOVABLE);
    while (got != null) {
      assertThat(got).isNotEqualTo(page).isNotEqualTo(kernel);
      got = PageAlloc.allocPage(Gfp.__GFP_MEMALLOC | Gfp.__GFP_MOVABLE);
    }
    assertThat(PlainMachine.mmio().console()).contains("page already poisoned");
  }
}
