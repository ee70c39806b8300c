package aerostat.guest.mm;

/** What is free, wherever it is kept. */
public final class FreeMemory {
  private FreeMemory() {}

  /** Free pages of the zone and of the CPU's lists (MM-07). */
  public static long pages() {
    return Zone.normal().freePages() + PerCpuPages.count();
  }

  /** From now on the CPU's lists keep nothing: allocations and frees show at once. */
  public static void bootPageset() {
    drain();
    PerCpuPages.init();
  }

  /** Moves the CPU's lists to the zone. */
  public static void drain() {
    PerCpuPages.drain(Zone.normal());
  }
}
