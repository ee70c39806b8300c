package aerostat.vmm.image.rewrite;

import aerostat.vmm.image.Rule;
import aerostat.vmm.image.erase.ErasedMethod;
import aerostat.vmm.image.verify.Refusals;

/**
 * Bounds what the passes over the loops of an image cost, whose time is that of each loop's body
 * (inner loops counted once more in each around them): a few kilobytes of code can hold thousands
 * of loops around each other.
 */
final class LoopWork {
  /**
   * Instructions times loops, summed over the methods; see guest-java.md, G03. The guest kernel has
   * 13,000.
   */
  static final long MAX = 10_000_000;

  private final Refusals refusals;
  private long work;

  LoopWork(Refusals refusals) {
    this.refusals = refusals;
  }

  /**
   * Counts a method before its loops are looked at.
   *
   * @throws aerostat.vmm.image.ImageRefusedException if that is too much
   */
  void add(ErasedMethod m, int instructions, int loops) {
    work += (long) instructions * loops;
    if (work > MAX) {
      refusals.add(
          Rule.LIMITS,
          m.owner().name(),
          m.sourceName(),
          m.line(),
          "instructions times loops (here "
              + instructions
              + " times "
              + loops
              + "), summed over the image, exceed "
              + MAX,
          "split the method, or leave out what is not used");
      refusals.throwIfAny();
    }
  }
}
