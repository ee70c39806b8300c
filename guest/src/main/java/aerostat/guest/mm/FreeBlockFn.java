package aerostat.guest.mm;

/** What is done with each free block of a walk. The zone's lock is held: no sleep, no memory. */
public interface FreeBlockFn {
  /**
   * A free block.
   *
   * @param pfn its first page
   * @param count its pages
   * @param data what the walk was given
   * @return 0 to go on; the walk ends with any other value
   */
  int report(long pfn, long count, long data);
}
