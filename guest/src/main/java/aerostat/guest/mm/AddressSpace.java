package aerostat.guest.mm;

import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Ops;

/**
 * struct address_space: the cached pages of one file, whose content never changes. Link in the list
 * of all files, operations, owner's word, length, cached pages, a table of tables of pages.
 */
public record AddressSpace(long address) {
  private static final int OPS = 16;
  private static final int HOST = 24;
  private static final int LENGTH = 32;
  private static final int NRPAGES = 40;
  private static final int TABLE = 48;
  private static final int SIZE = 56;

  private static final int LEAF_SHIFT = 9;
  private static final long LEAF_MASK = (1 << LEAF_SHIFT) - 1;

  /** Longest file, pages: its table is one kmalloc of at most 4 MiB. */
  private static final long MAX_PAGES = 1L << (19 + LEAF_SHIFT);

  static ListHead all() {
    return new ListHead(MmData.MAPPINGS);
  }

  /**
   * A file of so many pages, none of them cached. It lives as long as the guest.
   *
   * @param host a word for the operations
   * @return null without memory, or for a length that no file can have
   */
  public static AddressSpace create(AddressSpaceOps ops, long host, long pages) {
    if (pages <= 0 || pages > MAX_PAGES) {
      return null;
    }
    long self = Slab.kzalloc(SIZE, Gfp.GFP_KERNEL);
    int leaves = (int) ((pages + LEAF_MASK) >> LEAF_SHIFT);
    long table = Slab.kzalloc(leaves * 8, Gfp.GFP_KERNEL | Gfp.__GFP_NORETRY | Gfp.__GFP_NOWARN);
    if (self == 0 || table == 0) {
      Slab.kfree(table);
      Slab.kfree(self);
      return null;
    }
    AddressSpace mapping = new AddressSpace(self);
    store64(self + OPS, Ops.id(ops));
    store64(self + HOST, host);
    store64(self + LENGTH, pages);
    store64(self + TABLE, table);
    int flags = Cpu.irqSave();
    all().addTail(new ListHead(self));
    Cpu.irqRestore(flags);
    return mapping;
  }

  AddressSpaceOps ops() {
    return Ops.of(load64(address + OPS));
  }

  /** The owner's word. */
  public long host() {
    return load64(address + HOST);
  }

  /** Pages of the file. */
  public long length() {
    return load64(address + LENGTH);
  }

  /** Pages of it that are cached. */
  public long nrPages() {
    return load64(address + NRPAGES);
  }

  void addNrPages(long n) {
    store64(address + NRPAGES, nrPages() + n);
  }

  private long leafSlot(long index) {
    return load64(address + TABLE) + (index >> LEAF_SHIFT) * 8;
  }

  private static long slot(long leaf, long index) {
    return leaf + (index & LEAF_MASK) * 8;
  }

  /** xa_load: the cached page at this place; null if there is none. */
  Page load(long index) {
    long leaf = load64(leafSlot(index));
    long page = leaf == 0 ? 0 : load64(slot(leaf, index));
    return page == 0 ? null : new Page(page);
  }

  /** Sees to it that the place can be filled; false without memory. May sleep. */
  boolean reserve(long index) {
    if (load64(leafSlot(index)) != 0) {
      return true;
    }
    long leaf = PageAlloc.getFreePages(Filemap.GFP | Gfp.__GFP_ZERO, 0);
    if (leaf == 0) {
      return false;
    }
    if (load64(leafSlot(index)) != 0) {
      // Somebody else was faster while this thread slept.
      PageAlloc.freePagesAt(leaf, 0);
    } else {
      store64(leafSlot(index), leaf);
    }
    return true;
  }

  /** xa_store at a place that was reserved; 0 empties it. */
  void store(long index, long page) {
    store64(slot(load64(leafSlot(index)), index), page);
  }

  /** The index after which no page can be before the next leaf. */
  long skip(long index) {
    return load64(leafSlot(index)) == 0 ? index | LEAF_MASK : index;
  }
}
