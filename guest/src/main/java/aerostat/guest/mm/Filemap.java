package aerostat.guest.mm;

import aerostat.guest.kernel.SpinLock;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/**
 * mm/filemap.c: the page cache. The cache holds one reference of each page, every reader one more
 * while it looks at it; a page with none but the cache's may go at any time.
 */
public final class Filemap {
  private Filemap() {}

  /** Rather no page in the cache than the OOM killer. */
  static final int GFP = Gfp.GFP_HIGHUSER_MOVABLE | Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN;

  static void init() {
    AddressSpace.all().init();
    lock().init();
  }

  /** i_pages.lock of all files at once: no allocation, no sleep under it. */
  static SpinLock lock() {
    return new SpinLock(MmData.FILEMAP_LOCK);
  }

  /** NR_FILE_PAGES. */
  public static long nrFilePages() {
    return Memory.load64(MmData.NR_FILE_PAGES);
  }

  private static void addFilePages(long n) {
    Memory.store64(MmData.NR_FILE_PAGES, nrFilePages() + n);
  }

  /**
   * read_mapping_page: the page at this place of the file, read first if it is not cached. May
   * sleep.
   *
   * @param index below the file's length
   * @return the page, to be given back with {@link #put}; null if it cannot be had
   */
  public static Page read(AddressSpace mapping, long index) {
    Page page = get(mapping, index);
    return page != null ? page : readIn(mapping, index);
  }

  /** filemap_get_folio. */
  private static Page get(AddressSpace mapping, long index) {
    int flags = lock().lockIrqsave();
    Page page = mapping.load(index);
    if (page != null) {
      page.setRefcount(page.refcount() + 1);
      Lru.markAccessed(page);
    }
    lock().unlockIrqrestore(flags);
    return page;
  }

  private static Page readIn(AddressSpace mapping, long index) {
    if (!mapping.reserve(index)) {
      return null;
    }
    Page page = PageAlloc.allocPages(GFP, 0);
    if (page == null) {
      return null;
    }
    if (mapping.ops().readFolio(mapping, index, page) != 0) {
      PageAlloc.freePages(page, 0);
      return null;
    }
    Page first = add(mapping, index, page);
    if (first.address() != page.address()) {
      PageAlloc.freePages(page, 0);
    }
    return first;
  }

  /** filemap_add_folio: the page, or the one that another thread has added meanwhile. */
  private static Page add(AddressSpace mapping, long index, Page page) {
    int flags = lock().lockIrqsave();
    Page cached = mapping.load(index);
    if (cached == null) {
      cached = page;
      mapping.store(index, page.address());
      mapping.addNrPages(1);
      addFilePages(1);
      page.setMapping(mapping.address());
      page.setIndex(index);
      Lru.add(page);
    }
    cached.setRefcount(cached.refcount() + 1);
    Lru.markAccessed(cached);
    lock().unlockIrqrestore(flags);
    return cached;
  }

  /** folio_put. */
  @Bounded(1)
  public static void put(Page page) {
    page.setRefcount(page.refcount() - 1);
  }

  /**
   * remove_mapping: takes a page out of the cache if nobody looks at it, and frees it. {@link
   * #lock} is not held.
   */
  static boolean remove(Page page) {
    int flags = lock().lockIrqsave();
    boolean idle = page.isLru() && page.refcount() == 1;
    if (idle) {
      AddressSpace mapping = new AddressSpace(page.mapping());
      Lru.del(page);
      mapping.store(page.index(), 0);
      mapping.addNrPages(-1);
      addFilePages(-1);
      page.setMapping(0);
      page.setIndex(0);
    }
    lock().unlockIrqrestore(flags);
    if (idle) {
      PageAlloc.freePages(page, 0);
    }
    return idle;
  }
}
