package aerostat.guest.mm;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.machine.Memory;

/** struct free_area: the free blocks of one order, a list for each migrate type (MM-01). */
public record FreeArea(long address) {
  // enum migratetype. HIGHATOMIC, CMA and ISOLATE have lists, and nobody makes such page blocks.
  public static final int MIGRATE_UNMOVABLE = 0;
  public static final int MIGRATE_MOVABLE = 1;
  public static final int MIGRATE_RECLAIMABLE = 2;
  public static final int MIGRATE_HIGHATOMIC = 3;
  public static final int MIGRATE_CMA = 4;
  public static final int MIGRATE_ISOLATE = 5;
  public static final int MIGRATE_TYPES = 6;

  /** The ordinary types: UNMOVABLE, MOVABLE, RECLAIMABLE. */
  public static final int MIGRATE_PCPTYPES = 3;

  static final int SIZE = 128;
  private static final int NR_FREE = MIGRATE_TYPES * ListHead.SIZE;

  /** migratetype_is_mergeable. */
  static boolean isMergeable(int type) {
    return type < MIGRATE_PCPTYPES;
  }

  void init() {
    for (int type = 0; type < MIGRATE_TYPES; type++) {
      freeList(type).init();
    }
    Memory.store64(address + NR_FREE, 0);
  }

  /** free_list[type]. */
  public ListHead freeList(int type) {
    return new ListHead(address + (long) type * ListHead.SIZE);
  }

  /** Blocks of this order, over all types. */
  public long nrFree() {
    return Memory.load64(address + NR_FREE);
  }

  /** add_to_free_list. */
  void addHead(Page page, int type) {
    freeList(type).add(page.lru());
    Memory.store64(address + NR_FREE, nrFree() + 1);
  }

  /** add_to_free_list_tail. */
  void addTail(Page page, int type) {
    freeList(type).addTail(page.lru());
    Memory.store64(address + NR_FREE, nrFree() + 1);
  }

  /** del_page_from_free_list. */
  void del(Page page) {
    page.lru().del();
    Memory.store64(address + NR_FREE, nrFree() - 1);
  }
}
