package aerostat.guest.mm;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/**
 * struct per_cpu_pages of the only CPU (MM-07): free pages of orders 0 to 3 and 9 that are in no
 * buddy list, so neither counted as free nor reported. Adding and taking have no safepoint, which
 * is all the lock that one CPU needs.
 */
final class PerCpuPages {
  private PerCpuPages() {}

  /** PAGE_ALLOC_COSTLY_ORDER: the last of the small orders. */
  private static final int COSTLY_ORDER = 3;

  private static final int LOW_LISTS = (COSTLY_ORDER + 1) * FreeArea.MIGRATE_PCPTYPES;
  private static final int THP_ORDER = Zone.PAGEBLOCK_ORDER;

  /** NR_PCP_LISTS: the last two are the huge pages', not movable and movable. */
  static final int NR_PCP_LISTS = LOW_LISTS + 2;

  /** CONFIG_PCP_BATCH_SCALE_MAX: a drain frees batch &lt;&lt; 5 pages under one lock. */
  private static final int PCP_BATCH_SCALE_MAX = 5;

  private static final long COUNT = MmData.PCP;
  private static final long HIGH = MmData.PCP + 4;
  private static final long BATCH = MmData.PCP + 8;
  private static final long HIGH_MIN = MmData.PCP + 12;
  private static final long LISTS = MmData.PCP + 16;

  @Bounded(NR_PCP_LISTS)
  static void init() {
    for (int i = 0; i < NR_PCP_LISTS; i++) {
      list(i).init();
    }
    // boot_pageset: until the zone is known nothing stays here.
    Memory.store32(HIGH, 0);
    Memory.store32(BATCH, 1);
  }

  /** zone_set_pageset_high_and_batch, with the high mark at its lower end for good. */
  static void setUp(Zone zone) {
    long batch = Math.min(zone.managedPages() >> 12, (256 << 10) / Page.PAGE_SIZE);
    batch = Math.max(Long.highestOneBit(Math.max(batch + batch / 2, 1)) - 1, 1);
    Memory.store32(BATCH, (int) batch);
    Memory.store32(HIGH_MIN, (int) Math.max(zone.watermark(Zone.WMARK_LOW), batch << 2));
    setReclaimActive(false);
  }

  /** ZONE_RECLAIM_ACTIVE: while kswapd frees memory, little of it is to stay here. */
  static void setReclaimActive(boolean active) {
    Memory.store32(HIGH, active ? batch() << 2 : Memory.load32(HIGH_MIN));
  }

  /**
   * pcp_allowed_order. ZONE_MOVABLE has no lists of its own: what is freed there is free at once.
   */
  static boolean allowed(Zone zone, int order) {
    return (order <= COSTLY_ORDER || order == THP_ORDER) && !zone.isMovable();
  }

  /** Pages held, of all orders. */
  static int count() {
    return Memory.load32(COUNT);
  }

  static int high() {
    return Memory.load32(HIGH);
  }

  static int batch() {
    return Memory.load32(BATCH);
  }

  private static void add(int pages) {
    Memory.store32(COUNT, Memory.load32(COUNT) + pages);
  }

  /** order_to_pindex. */
  private static int index(int order, int type) {
    if (order > COSTLY_ORDER) {
      return LOW_LISTS + (type == FreeArea.MIGRATE_MOVABLE ? 1 : 0);
    }
    return order * FreeArea.MIGRATE_PCPTYPES + type;
  }

  /** pindex_to_order. */
  private static int order(int index) {
    return index >= LOW_LISTS ? THP_ORDER : index / FreeArea.MIGRATE_PCPTYPES;
  }

  static ListHead list(int index) {
    return new ListHead(LISTS + (long) index * ListHead.SIZE);
  }

  /** __rmqueue_pcplist: null if the zone has none left either. */
  static Page alloc(Zone zone, int order, int type) {
    ListHead list = list(index(order, type));
    if (list.isEmpty()) {
      refill(zone, order, type, list);
    }
    return take(list, order);
  }

  @Bounded(1)
  private static Page take(ListHead list, int order) {
    if (list.isEmpty()) {
      return null;
    }
    ListHead first = list.next();
    first.delEntry();
    add(-(1 << order));
    return Page.ofLru(first);
  }

  /** rmqueue_bulk: to the tail, so that they leave in the order in which they were split off. */
  private static void refill(Zone zone, int order, int type, ListHead list) {
    int blocks = batch() > 1 && order > 0 ? Math.max(batch() >> order, 2) : batch();
    int flags = zone.lock().lockIrqsave();
    for (int i = 0; i < blocks; i++) {
      Page page = Rmqueue.take(zone, order, type);
      if (page == null) {
        break;
      }
      list.addTail(page.lru());
      add(1 << order);
    }
    zone.lock().unlockIrqrestore(flags);
  }

  /** free_frozen_page_commit: keeps the page, and gives a batch to the zone when that is many. */
  static void free(Zone zone, Page page, int order) {
    int index = index(order, pcpType(page));
    list(index).add(page.lru());
    add(1 << order);
    if (count() >= high()) {
      bulk(zone, batch(), index);
    }
  }

  /** Page blocks of the other types keep theirs among the movable ones. */
  private static int pcpType(Page page) {
    int type = Pageblock.migratetype(page);
    return type < FreeArea.MIGRATE_PCPTYPES ? type : FreeArea.MIGRATE_MOVABLE;
  }

  /** free_pcppages_bulk: about so many pages, the oldest first, list by list from {@code index}. */
  private static void bulk(Zone zone, int pages, int index) {
    int left = Math.min(pages, count());
    int at = index;
    int flags = zone.lock().lockIrqsave();
    while (left > 0) {
      if (list(at).isEmpty()) {
        at = at + 1 == NR_PCP_LISTS ? 0 : at + 1;
      } else {
        giveBack(zone, at);
        left -= 1 << order(at);
      }
    }
    zone.lock().unlockIrqrestore(flags);
  }

  private static void giveBack(Zone zone, int index) {
    Page page = Page.ofLru(list(index).prev());
    page.lru().delEntry();
    add(-(1 << order(index)));
    Buddy.free(zone, page, order(index), Pageblock.migratetype(page), Buddy.FPI_NONE);
  }

  /** drain_all_pages: everything goes to the zone. Any context. */
  static void drain(Zone zone) {
    while (count() > 0) {
      bulk(zone, batch() << PCP_BATCH_SCALE_MAX, 0);
    }
  }
}
