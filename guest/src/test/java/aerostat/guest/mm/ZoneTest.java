package aerostat.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.guest.kernel.KernelData;
import aerostat.guest.plain.PlainFault;
import aerostat.guest.plain.PlainKernel;
import aerostat.guest.plain.PlainMachine;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Watermarks, accounting and the late making of blocks: MM-05, MM-06, MM-09, MM-10. */
class ZoneTest {
  private static final int HINT = Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN | Gfp.__GFP_NOMEMALLOC;

  @Test
  void watermarksFollowLinuxsFormula() {
    PlainKernel.setUp(1L << 30, "");
    Zone zone = Zone.normal();
    long managedKb = zone.managedPages() * 4;
    long min = (long) Math.sqrt((double) managedKb * 16) / 4;
    long gap = Math.max(min / 4, zone.managedPages() * 10 / 10_000);
    assertThat(zone.watermark(Zone.WMARK_MIN)).isEqualTo(min);
    assertThat(zone.watermark(Zone.WMARK_LOW)).isEqualTo(min + gap);
    assertThat(zone.watermark(Zone.WMARK_HIGH)).isEqualTo(min + 2 * gap);
  }

  @Test
  void watermarkTestCountsTheWholeBlock() {
    PlainKernel.setUp(64 << 20, "");
    Zone zone = Zone.normal();
    long free = zone.freePages();
    assertThat(zone.watermarkOk(0, free - 1)).isTrue();
    assertThat(zone.watermarkOk(0, free)).isFalse();
    assertThat(zone.watermarkOk(4, free - 16)).isTrue();
    assertThat(zone.watermarkOk(4, free - 15)).isFalse();
  }

  @Test
  void mm05_manySmallPagesAreNoLargeBlock() {
    PlainKernel.setUp(64 << 20, "");
    FreeMemory.bootPageset();
    List<Page> pages = new ArrayList<>();
    Page page = PageAlloc.allocPages(HINT, 0);
    while (page != null) {
      pages.add(page);
      page = PageAlloc.allocPages(HINT, 0);
    }
    for (Page each : pages) {
      if ((each.pfn() & 1) == 0) {
        PageAlloc.freePages(each, 0);
      }
    }
    Zone zone = Zone.normal();
    int largest = 10;
    while (zone.freeArea(largest).nrFree() == 0) {
      largest--;
    }
    assertThat(zone.freePages()).isGreaterThan(5000);
    assertThat(zone.watermarkOk(largest, 0)).isTrue();
    assertThat(zone.watermarkOk(largest + 1, 0)).isFalse();
  }

  @Test
  void aHintAllocationStopsAtTheMinWatermarkWithoutReclaim() {
    PlainKernel.setUp(256 << 20, "");
    FreeMemory.bootPageset();
    Zone zone = Zone.normal();
    while (PageAlloc.allocPages(HINT, Zone.MAX_PAGE_ORDER) != null) {
      // Until the largest blocks are gone.
    }
    assertThat(zone.freePages()).isGreaterThan(zone.watermark(Zone.WMARK_MIN));
    while (PageAlloc.allocPages(HINT, 0) != null) {
      // Down to the mark, page by page.
    }
    assertThat(zone.freePages()).isEqualTo(zone.watermark(Zone.WMARK_MIN));
    assertThat(VmStat.event(VmStat.ALLOCSTALL)).isZero();
    // An atomic allocation may use half of the reserve and a quarter of the rest.
    long floor = zone.watermark(Zone.WMARK_MIN);
    floor -= floor / 2;
    floor -= floor / 4;
    while (PageAlloc.allocPages(Gfp.GFP_ATOMIC | Gfp.__GFP_NOWARN, 0) != null) {
      // Into the reserve.
    }
    assertThat(zone.freePages()).isEqualTo(floor);
    assertThat(PageAlloc.allocPages(Gfp.__GFP_MEMALLOC, 0)).isNotNull();
  }

  @Test
  void aFailureSaysSoUnlessItIsToldNotTo() {
    PlainKernel.setUp(64 << 20, "");
    while (PageAlloc.allocPages(HINT, 0) != null) {
      // Until the zone is at its mark.
    }
    assertThat(PlainMachine.mmio().console()).doesNotContain("page allocation failure");
    assertThat(PageAlloc.allocPages(Gfp.__GFP_NORETRY, 0)).isNull();
    assertThat(PlainMachine.mmio().console())
        .contains("swapper: page allocation failure: order:0, mode:0x10000\n");
  }

  @Test
  void managedPagesAndTotalChangeTogetherAndPresentNever() {
    PlainKernel.setUp(64 << 20, "");
    Zone zone = Zone.normal();
    long managed = zone.managedPages();
    SysInfo.adjustManagedPageCount(Page.ofPfn(zone.startPfn()), -100);
    assertThat(zone.managedPages()).isEqualTo(managed - 100);
    assertThat(SysInfo.totalRam()).isEqualTo(managed - 100);
    assertThat(zone.presentPages()).isEqualTo((64 << 20) / 4096);
  }

  private static long untouched(long from, long to) {
    MemorySegment part = PlainMachine.ram().asSlice(from - PlainMachine.RAM_BASE, to - from);
    long nonZero = 0;
    for (long at = 0; at < part.byteSize(); at += 4096) {
      if (part.asSlice(at, 4096).mismatch(MemorySegment.ofArray(new byte[4096])) >= 0) {
        nonZero++;
      }
    }
    return nonZero;
  }

  @Test
  void bootTouchesLittleOfTheMemmapAndNoFreePage() {
    PlainKernel.setUp(4L << 30, "");
    Zone zone = Zone.normal();
    long memmapEnd = Page.ofPfn(zone.startPfn() + zone.spannedPages()).address();
    assertThat(untouched(Page.MEMMAP, memmapEnd)).as("memmap pages touched").isLessThan(40);
    assertThat(untouched(memmapEnd, memmapEnd + (64 << 20))).as("free pages touched").isZero();
    assertThat(zone.freePages() + (memmapEnd - KernelData.BASE) / 4096)
        .isGreaterThan(zone.presentPages() - 512 - 16);
  }

  @Test
  void a64GiBGuestBootsAndCanUseAllOfIt() {
    PlainKernel.setUp(64L << 30, "");
    Zone zone = Zone.normal();
    long blocks = 0;
    while (PageAlloc.allocPages(HINT, Zone.MAX_PAGE_ORDER) != null) {
      blocks++;
    }
    assertThat(blocks).isGreaterThan((64L << 30) / (4 << 20) - 300);
    assertThat(zone.deferredStart()).isEqualTo(zone.deferredEnd());
    assertThat(zone.freePages()).isGreaterThan(zone.watermark(Zone.WMARK_MIN));
  }

  @ParameterizedTest
  @ValueSource(longs = {8 << 20, (9 << 20) + 4096, (100 << 20) - 4096, (1L << 30) + (3 << 20)})
  void everyPageIsFreeOrReservedWhateverTheSize(long size) {
    PlainKernel.setUp(size, "");
    FreeMemory.bootPageset();
    BuddyTest.freeBlocks();
    Zone zone = Zone.normal();
    assertThat(zone.freePages()).isEqualTo(zone.managedPages());
    assertThat(zone.presentPages()).isEqualTo(size / 4096);
    long reserved = zone.presentPages() - zone.managedPages();
    long memmap = size / 64 / 4096;
    assertThat(reserved).isBetween(memmap + 16, memmap + 16 + 100);
    while (PageAlloc.allocPages(HINT, 0) != null) {
      // Every page can be had, down to the mark.
    }
    assertThat(zone.freePages()).isEqualTo(zone.watermark(Zone.WMARK_MIN));
  }

  @Test
  void tooLittleMemoryIsAPanic() {
    assertThatThrownBy(() -> PlainKernel.setUp(4 << 20, ""))
        .isInstanceOf(PlainFault.class)
        .hasMessageContaining("too little memory");
  }

  @Test
  void theOrderOfAnAllocationIsChecked() {
    PlainKernel.setUp(64 << 20, "");
    assertThatThrownBy(() -> PageAlloc.allocPages(0, 11)).isInstanceOf(PlainFault.class);
    assertThatThrownBy(() -> PageAlloc.allocPages(0, -1)).isInstanceOf(PlainFault.class);
  }
}
