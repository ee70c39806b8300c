package aerostat.mmio.memory;

/** A range of guest-physical memory of one kind, in bytes. */
public record Region(Kind kind, long base, long size) {
  /** What a guest can do there. */
  public enum Kind {
    /** Loads and stores. */
    RAM,
    /** The image: loads only. */
    ROM
  }

  /** One past the last address. */
  public long end() {
    return base + size;
  }
}
