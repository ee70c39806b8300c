package aerostat.guest.mm;

import aerostat.guest.kernel.KernelData;
import aerostat.guest.kernel.ListHead;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Memory;

/**
 * struct page, 64 bytes. The memmap begins right after the kernel's data, one struct a page of RAM
 * from {@link KernelData#RAM_BASE} on. All zero is a page in use by nobody in particular (or part
 * of a free block), so the memmap needs no initialisation and its pages stay untouched until used.
 */
public record Page(long address) {
  /** log2 of the bytes of a struct page. */
  static final int STRUCT_SHIFT = 6;

  /** log2 of the bytes of a page. */
  public static final int PAGE_SHIFT = 12;

  /** Bytes of a page. */
  public static final int PAGE_SIZE = 4096;

  /** Address of the struct of the page at {@link KernelData#RAM_BASE}. */
  public static final long MEMMAP = KernelData.END;

  /** pfn of the first page of RAM. */
  public static final long BASE_PFN = KernelData.RAM_BASE >> PAGE_SHIFT;

  private static final int REFCOUNT = 4;
  private static final int LRU = 8;
  private static final int TYPE = 24;
  private static final int PRIVATE = 32;
  private static final int INUSE = 40;
  private static final int MAPPING = 48;
  private static final int INDEX = 56;

  // page-flags.h; 0 for a page that nobody has.
  static final int PG_REFERENCED = 1 << 2;
  static final int PG_UPTODATE = 1 << 3;
  static final int PG_LRU = 1 << 5;
  static final int PG_ACTIVE = 1 << 8;
  static final int PG_HWPOISON = 1 << 21;

  /** Only on the first page of a free block, where nothing is up to date (REPORT-13). */
  static final int PG_REPORTED = PG_UPTODATE;

  // Types: the kind in the upper half, an order in the lower.
  static final long TYPE_BUDDY = 0xF000_0080L << 32;
  static final long TYPE_SLAB = 0xF000_0040L << 32;
  static final long TYPE_OFFLINE = 0xF000_0100L << 32;
  static final long TYPE_LARGE = 0xF000_0200L << 32;
  private static final long KIND = -1L << 32;

  /** pfn_to_page; the pfn must be RAM's. */
  public static Page ofPfn(long pfn) {
    return new Page(MEMMAP + ((pfn - BASE_PFN) << STRUCT_SHIFT));
  }

  /** page_to_pfn. */
  public long pfn() {
    return ((address - MEMMAP) >> STRUCT_SHIFT) + BASE_PFN;
  }

  /** virt_to_page and phys_to_page, which are one: guest-physical addresses are all there is. */
  public static Page ofAddress(long virtual) {
    return ofPfn(virtual >> PAGE_SHIFT);
  }

  /** page_address and page_to_phys. */
  public long virtual() {
    return pfn() << PAGE_SHIFT;
  }

  /** The page {@code n} after this one. */
  public Page plus(long n) {
    return new Page(address + (n << STRUCT_SHIFT));
  }

  public boolean same(Page other) {
    return address == other.address();
  }

  int flags() {
    return Memory.load32(address);
  }

  void setFlags(int flags) {
    Memory.store32(address, flags);
  }

  /** PageLRU: the page cache has it, and reclaim may take it. */
  boolean isLru() {
    return (flags() & PG_LRU) != 0;
  }

  /** PageHWPoison: taken out of use for good (MM-11). */
  @Bounded(1)
  boolean isHwPoison() {
    return (flags() & PG_HWPOISON) != 0;
  }

  /** PageReported, of a free block's first page. */
  boolean isReported() {
    return (flags() & PG_REPORTED) != 0;
  }

  /** __SetPageReported. */
  void setReported() {
    setFlags(flags() | PG_REPORTED);
  }

  public int refcount() {
    return Memory.load32(address + REFCOUNT);
  }

  void setRefcount(int count) {
    Memory.store32(address + REFCOUNT, count);
  }

  /** The link, for whoever owns the page (or its block, in the first page). */
  public ListHead lru() {
    return new ListHead(address + LRU);
  }

  /** The page of a {@link #lru} link. */
  public static Page ofLru(ListHead link) {
    return new Page(link.address() - LRU);
  }

  long type() {
    return Memory.load64(address + TYPE);
  }

  void setType(long type) {
    Memory.store64(address + TYPE, type);
  }

  /** PageBuddy: the first page of a free block. */
  public boolean isBuddy() {
    return (type() & KIND) == TYPE_BUDDY;
  }

  /** buddy_order of a free block's first page, or the order of a large kmalloc. */
  public int order() {
    return (int) type();
  }

  boolean isBuddyOfOrder(int order) {
    return type() == TYPE_BUDDY + order;
  }

  /** PageOffline: the page is in a balloon. */
  public boolean isOffline() {
    return type() == TYPE_OFFLINE;
  }

  /** __SetPageOffline. */
  public void setOffline() {
    setType(TYPE_OFFLINE);
  }

  /** __ClearPageOffline. */
  public void clearOffline() {
    setType(0);
  }

  boolean isSlab() {
    return (type() & KIND) == TYPE_SLAB;
  }

  boolean isLarge() {
    return (type() & KIND) == TYPE_LARGE;
  }

  /** page_private: a word for the page's owner. */
  public long privateData() {
    return Memory.load64(address + PRIVATE);
  }

  /** set_page_private. */
  public void setPrivateData(long value) {
    Memory.store64(address + PRIVATE, value);
  }

  /** The address_space that the page caches a part of; 0 for none. */
  long mapping() {
    return Memory.load64(address + MAPPING);
  }

  void setMapping(long mapping) {
    Memory.store64(address + MAPPING, mapping);
  }

  /** Which page of its mapping it is. */
  long index() {
    return Memory.load64(address + INDEX);
  }

  void setIndex(long index) {
    Memory.store64(address + INDEX, index);
  }

  int inuse() {
    return Memory.load32(address + INUSE);
  }

  void setInuse(int objects) {
    Memory.store32(address + INUSE, objects);
  }
}
