package aerostat.guest.mm;

import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/** mm/page_poison.c: free pages hold a pattern. */
public final class PagePoisoning {
  private PagePoisoning() {}

  /** PAGE_POISON: what every byte of a free page is. */
  public static final int PAGE_POISON = 0xaa;

  /** page_poisoning_enabled: {@code page_poison=1}. */
  @Bounded(1)
  public static boolean enabled() {
    return Memory.load32(MmData.PAGE_POISONING) != 0;
  }
}
