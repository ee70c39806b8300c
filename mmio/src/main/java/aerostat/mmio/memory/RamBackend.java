package aerostat.mmio.memory;

import java.lang.foreign.MemorySegment;

/**
 * Where guest RAM comes from. Each kind is one page-aligned, lazily committed mapping with a way of
 * its own to give pages back to the host.
 */
public interface RamBackend extends AutoCloseable {
  /** A short name of the kind, for messages and reports. */
  String kind();

  /**
   * The mapping. It dies with {@link #close()}: a later access throws {@link
   * IllegalStateException}.
   */
  MemorySegment segment();

  /**
   * Bytes of a host page: {@link #discard} takes whole ones. A power of two; may exceed the guest's
   * 4 KiB.
   */
  int hostPageSize();

  /**
   * Gives the host memory of a range back. The range reads zero afterwards, also where the host
   * lacks the call: then the pages are zeroed in place, and one warning in the log says so.
   * Callable from any thread, also while others access the range.
   *
   * @param offset from the start of the mapping, a multiple of {@link #hostPageSize()}
   * @param length in bytes, a multiple of {@link #hostPageSize()}; the range lies in the mapping
   */
  void discard(long offset, long length);

  /**
   * Sets the bits of pages that read zero for sure, without reading them: memory that the host
   * never had to provide, or took back. Others may be zero as well. A page that is written
   * afterwards keeps its bit, but is in the dirty log.
   */
  default void findAbsent(PageBitmap into) {}

  /**
   * Lets the host prepare a range for being read, many pages at a time: each first touch of a page
   * is a fault otherwise. Changes nothing that can be seen, and may do nothing.
   */
  default void prepareRead(long offset, long length) {}

  /**
   * Lets the host provide a range that is about to be written as a whole, many pages at a time: a
   * fault a page takes half as long again. Changes nothing that can be read, and may do nothing.
   */
  default void prepareWrite(long offset, long length) {}

  /** Bytes of the mapping that lie in host memory now, as the process's smaps counts them. */
  long residentBytes();

  /**
   * Unmaps.
   *
   * @throws IllegalStateException if a system call still uses the memory; nothing changed then
   */
  @Override
  void close();
}
