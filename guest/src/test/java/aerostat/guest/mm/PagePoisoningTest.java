package aerostat.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainKernel;
import aerostat.guest.plain.PlainMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * page_poison, init_on_free, init_on_alloc: the guest's side of POISON-02, POISON-06 to -08, MM-08.
 */
class PagePoisoningTest {
  private static final String CORRUPTION = "pagealloc: memory corruption\n";
  private static final String SINGLE_BIT = "pagealloc: single bit error\n";

  private static void boot(String commandLine) {
    PlainKernel.setUp(64 << 20, commandLine);
    FreeMemory.bootPageset();
  }

  private static boolean filled(Page page, int order, int value) {
    for (long at = 0; at < (4096L << order); at += 4096) {
      if (Memory.findOtherBlock(page.virtual() + at, 4096, value) >= 0) {
        return false;
      }
    }
    return true;
  }

  private static String console() {
    return PlainMachine.mmio().console();
  }

  @ParameterizedTest
  @CsvSource({
    "'', false, false",
    "page_poison=1, true, false",
    "page_poison=0, false, false",
    "init_on_free=1, false, true",
    "page_poison=1 init_on_free=1, true, false",
    "init_on_alloc=1, false, false",
  })
  void poison02_poisoningWinsOverInitialisation(String line, boolean poison, boolean onFree) {
    boot(line);
    assertThat(PagePoisoning.enabled()).isEqualTo(poison);
    assertThat(MemInit.wantInitOnFree()).isEqualTo(onFree);
    assertThat(console().contains("will take precedence over init_on_alloc and init_on_free"))
        .isEqualTo(poison && line.contains("init_on_free"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5, 10})
  void poison06_everyByteIsFilledWhenPagesAreFreed(int order) {
    boot("page_poison=1");
    Page page = PageAlloc.allocPages(0, order);
    Memory.fill(page.virtual(), 4096L << order, 0x11);
    PageAlloc.freePages(page, order);
    assertThat(filled(page, order, 0xaa)).isTrue();
    assertThat(PageAlloc.allocPages(0, order)).isNotNull();
    assertThat(console()).doesNotContain("pagealloc");
  }

  @Test
  void poison06_initOnFreeZeroes() {
    boot("init_on_free=1");
    Page page = PageAlloc.allocPages(0, 4);
    Memory.fill(page.virtual(), 4096L << 4, 0x11);
    PageAlloc.freePages(page, 4);
    assertThat(filled(page, 4, 0)).isTrue();
  }

  @Test
  void initOnAllocZeroesWithoutBeingAsked() {
    boot("init_on_alloc=1");
    Page page = PageAlloc.allocPages(0, 4);
    Memory.fill(page.virtual(), 4096L << 4, 0x11);
    PageAlloc.freePages(page, 4);
    assertThat(filled(PageAlloc.allocPages(0, 4), 4, 0)).isTrue();
  }

  @Test
  void withoutPoisonAFreedPageKeepsItsBytesAndNobodyChecks() {
    boot("");
    Page page = PageAlloc.allocPages(0, 0);
    Memory.fill(page.virtual(), 4096, 0x11);
    PageAlloc.freePages(page, 0);
    assertThat(filled(page, 0, 0x11)).isTrue();
    PageAlloc.allocPages(0, 0);
    assertThat(console()).doesNotContain("pagealloc");
  }

  @Test
  void poison07_oneFlippedBitIsASingleBitError() {
    boot("page_poison=1");
    Page page = freed();
    Memory.store8(page.virtual() + 77, 0xaa ^ 0x10);
    assertThat(PageAlloc.allocPages(0, 0).pfn()).as("handed out anyway").isEqualTo(page.pfn());
    assertThat(console())
        .contains(SINGLE_BIT)
        .contains("%016x: ba\n".formatted(page.virtual() + 77))
        .contains("page dumped because: pagealloc: corrupted page details\n")
        .doesNotContain(CORRUPTION);
  }

  private static Page freed() {
    Page page = PageAlloc.allocPages(0, 0);
    PageAlloc.freePages(page, 0);
    return page;
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "4095, 4095", "100, 103", "0, 4095"})
  void poison07_anythingElseIsCorruptionWithTheByteRange(int first, int last) {
    boot("page_poison=1");
    Page page = freed();
    Memory.store8(page.virtual() + first, 0);
    Memory.store8(page.virtual() + last, 0);
    PageAlloc.allocPages(0, 0);
    assertThat(console())
        .contains(CORRUPTION)
        .contains("%016x: 00".formatted(page.virtual() + first))
        .contains(" 00\n")
        .doesNotContain(SINGLE_BIT);
    // 16 bytes a line, and of many lines the first and the last.
    assertThat(console().lines().filter(line -> line.matches(".*\\] [0-9a-f]{16}:( [0-9a-f]{2})+")))
        .hasSize(Math.min((last - first) / 16 + 1, 8));
  }

  @Test
  void poison07_twoBytesWithAFlippedBitEachAreCorruption() {
    boot("page_poison=1");
    Page page = freed();
    Memory.store8(page.virtual() + 5, 0xab);
    Memory.store8(page.virtual() + 6, 0xab);
    PageAlloc.allocPages(0, 0);
    assertThat(console()).contains(CORRUPTION).contains(": ab ab\n").doesNotContain(SINGLE_BIT);
  }

  @Test
  void poison07_theCheckComesBeforeTheZeros() {
    boot("page_poison=1");
    Page page = freed();
    Memory.store8(page.virtual() + 5, 0);
    Page again = PageAlloc.allocPages(Gfp.__GFP_ZERO, 0);
    assertThat(console())
        .contains(CORRUPTION)
        .contains("%016x: 00\n".formatted(page.virtual() + 5));
    assertThat(filled(again, 0, 0)).isTrue();
  }

  @Test
  void poison07_everyPageOfABlockIsChecked() {
    boot("page_poison=1");
    Page page = PageAlloc.allocPages(0, 5);
    PageAlloc.freePages(page, 5);
    Memory.store8(page.plus(3).virtual(), 1);
    Memory.store8(page.plus(31).virtual() + 4095, 1);
    assertThat(PageAlloc.allocPages(0, 5).pfn()).isEqualTo(page.pfn());
    assertThat(console().split(CORRUPTION, -1)).hasSize(3);
    assertThat(console())
        .contains("pfn:%#x".formatted(page.pfn() + 3), "pfn:%#x".formatted(page.pfn() + 31));
  }

  @Test
  void poison07_tenMessagesInFiveSeconds() {
    boot("page_poison=1");
    Page page = PageAlloc.allocPages(0, 5);
    PageAlloc.freePages(page, 5);
    for (int i = 0; i < 32; i++) {
      Memory.store8(page.plus(i).virtual(), 1);
    }
    PageAlloc.allocPages(0, 5);
    assertThat(console().split(CORRUPTION, -1)).hasSize(11);
    PlainMachine.advance(5_000_000_000L);
    page = freed();
    Memory.store8(page.virtual(), 1);
    PageAlloc.allocPages(0, 0);
    assertThat(console().split(CORRUPTION, -1)).hasSize(12);
  }

  @Test
  void poison08_allMemoryIsPoisonedBeforeItIsEverUsed() {
    PlainKernel.setUp(256 << 20, "page_poison=1");
    int gfp = Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN | Gfp.__GFP_MEMALLOC;
    for (int order = 10; order >= 0; order--) {
      while (PageAlloc.allocPages(gfp, order) != null) {
        // The check speaks, if anything is amiss.
      }
    }
    assertThat(Zone.normal().deferredStart()).isEqualTo(Zone.normal().deferredEnd());
    assertThat(console()).doesNotContain("pagealloc");
  }

  @Test
  void poison08_blocksThatNobodyHasTouchedStayUntouched() {
    PlainKernel.setUp(256 << 20, "page_poison=1");
    Page last = Page.ofPfn(Zone.normal().deferredEnd() - 1);
    assertThat(Memory.isZero(last.virtual(), 4096)).isTrue();
  }

  @Test
  void theBulkAllocationChecksToo() {
    boot("page_poison=1");
    Page page = PageAlloc.allocPages(0, 10);
    PageAlloc.freePages(page, 10);
    Memory.store8(page.virtual(), 0);
    var list = new aerostat.guest.kernel.ListHead(Slab.kzalloc(16, 0));
    list.init();
    assertThat(PageAlloc.allocPagesBulk(0, 10, 2, list)).isEqualTo(2);
    assertThat(console()).contains(CORRUPTION);
  }
}
