package aerostat.vmm.image.erase;

import aerostat.vmm.image.Rule;
import aerostat.vmm.image.verify.Refusals;
import org.objectweb.asm.tree.AbstractInsnNode;

/**
 * Refuses what can only be refused in the end, before passes whose time and memory grows with it:
 * erasure makes up to ten instructions of one, and later passes keep much of each. See
 * guest-java.md, G03 and G25.
 */
final class ErasedLimits {
  /** Bytes of a rewritten method; an instruction has one at least. */
  static final int MAX_INSTRUCTIONS = 8000;

  /** Local slots of a method after erasure. */
  private static final int MAX_LOCALS = 1000;

  /** Methods of an image: the class that enters stopped ones has constants for each. */
  private static final int MAX_METHODS = 15_000;

  /** Instructions, labels and line numbers of an image. The guest kernel has about 43,000. */
  private static final long MAX_NODES = 1_000_000;

  private final Refusals refusals;
  private long nodes;

  ErasedLimits(Refusals refusals) {
    this.refusals = refusals;
  }

  /**
   * Counts the methods before they have code.
   *
   * @throws aerostat.vmm.image.ImageRefusedException if they are too many
   */
  void methods(int count, String entryClass) {
    if (count > MAX_METHODS) {
      refusals.add(
          Rule.LIMITS,
          entryClass,
          "",
          0,
          count + " methods with code and called ops methods, at most " + MAX_METHODS,
          "leave out what is not used");
      refusals.throwIfAny();
    }
  }

  /**
   * Counts an erased method; drops the code of one that is refused.
   *
   * @throws aerostat.vmm.image.ImageRefusedException if all together are too large
   */
  void add(ErasedMethod m) {
    int instructions = 0;
    for (AbstractInsnNode n : m.code().instructions) {
      instructions += n.getOpcode() >= 0 ? 1 : 0;
    }
    nodes += m.code().instructions.size();
    if (instructions > MAX_INSTRUCTIONS) {
      tooLarge(m, instructions);
      m.code().instructions.clear();
    } else if (m.code().maxLocals > MAX_LOCALS) {
      refusals.add(
          Rule.LIMITS,
          m.owner().name(),
          m.sourceName(),
          m.line(),
          m.code().maxLocals + " local slots after erasure, at most " + MAX_LOCALS,
          "split the method");
      m.code().instructions.clear();
    }
    if (nodes > MAX_NODES) {
      refusals.add(
          Rule.LIMITS,
          m.owner().name(),
          m.sourceName(),
          m.line(),
          "more than " + MAX_NODES + " instructions and lines after erasure, all together",
          "leave out what is not used");
      refusals.throwIfAny();
    }
  }

  void tooLarge(ErasedMethod m, long instructions) {
    refusals.add(
        Rule.METHOD_SIZE,
        m.owner().name(),
        m.sourceName(),
        m.line(),
        instructions + " instructions after erasure, at most " + MAX_INSTRUCTIONS + " bytes",
        "split the method");
  }
}
