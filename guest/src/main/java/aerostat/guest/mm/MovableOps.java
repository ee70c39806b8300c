package aerostat.guest.mm;

/**
 * struct movable_operations: how pages of a driver are moved, those of type {@code PageOffline}
 * here. Ops interface; called in process context.
 */
public interface MovableOps {
  /** log2 of the pages of what is moved as one. */
  int order(Page page);

  /** isolate_page: takes the page out of its owner's lists; false if it is not there. */
  boolean isolate(Page page);

  /**
   * migrate_page: {@code dst} takes the place of {@code src}, which is nobody's afterwards but the
   * caller's.
   *
   * @return 0; {@code -EAGAIN}: not now; another negative error: both are the owner's now
   */
  int migrate(Page dst, Page src);

  /** putback_page: an isolated page that was not moved goes back. */
  void putBack(Page page);
}
