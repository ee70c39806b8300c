package aerostat.guest.plain;

/** What a memory barrier keeps in order. */
public enum Barrier {
  /** Everything, a store before a later load included. */
  FULL,
  /** Loads before loads. */
  READ,
  /** Stores before stores. */
  WRITE
}
