package aerostat.guest.mm;

/** struct address_space_operations: where a file's content comes from. */
public interface AddressSpaceOps {
  /**
   * read_folio: fills the page with what its place in the file holds. May sleep.
   *
   * @return 0 or -errno
   */
  int readFolio(AddressSpace mapping, long index, Page page);
}
