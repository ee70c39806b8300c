package aerostat.vmm.image;

/** Forms in which the same image can be emitted; method and resume numbers are the same in all. */
public enum Flavour {
  /** Bounds checks and dirty marks only. */
  PLAIN,
  /**
   * Adds: each access is checked against page ownership, and waits for pages that have not arrived
   * yet (postcopy); each intrinsic asserts that no unwinding is under way.
   */
  SANITIZING
}
