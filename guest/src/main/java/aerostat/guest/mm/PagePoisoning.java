package aerostat.guest.mm;

import aerostat.guest.kernel.HexDump;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.RateLimit;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/**
 * mm/page_poison.c: free pages hold a pattern, and who allocates one looks whether it still does.
 */
public final class PagePoisoning {
  private PagePoisoning() {}

  /** PAGE_POISON: what every byte of a free page is. */
  public static final int PAGE_POISON = 0xaa;

  /** page_poisoning_enabled: {@code page_poison=1}. */
  @Bounded(1)
  public static boolean enabled() {
    return (MemInit.flags() & MemInit.PAGE_POISONING) != 0;
  }

  /** __kernel_poison_pages. */
  static void poisonPages(Page page, long pages) {
    Memory.fill(page.virtual(), pages << Page.PAGE_SHIFT, PAGE_POISON);
  }

  /** __kernel_unpoison_pages: the pages are handed out whatever is found (POISON-07). */
  static void unpoisonPages(Page page, long pages) {
    long end = page.virtual() + (pages << Page.PAGE_SHIFT);
    long at = page.virtual();
    while (at < end) {
      int piece = (int) Math.min(end - at, Memory.BLOCK);
      int bad = Memory.findOtherBlock(at, piece, PAGE_POISON);
      if (bad < 0) {
        at += piece;
      } else {
        long first = at + bad;
        long next = (first & -Page.PAGE_SIZE) + Page.PAGE_SIZE;
        report(first, lastBad(first, next));
        at = next;
      }
    }
  }

  @Bounded(Page.PAGE_SIZE)
  private static long lastBad(long first, long end) {
    long last = end - 1;
    while (last > first && Memory.load8(last) == PAGE_POISON) {
      last--;
    }
    return last;
  }

  /** check_poison_mem: two messages, ten in five seconds. */
  private static void report(long first, long last) {
    if (!new RateLimit(MmData.POISON_LIMIT).allows()) {
      return;
    }
    int flipped = Memory.load8(first) ^ PAGE_POISON;
    if (first == last && (flipped & (flipped - 1)) == 0) {
      Printk.err("pagealloc: single bit error\n");
    } else {
      Printk.err("pagealloc: memory corruption\n");
    }
    HexDump.print(Printk.ERR, first, (int) (last - first + 1));
    DumpPage.dump(Page.ofAddress(first), "pagealloc: corrupted page details");
  }
}
