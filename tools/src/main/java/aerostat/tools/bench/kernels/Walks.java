package aerostat.tools.bench.kernels;

/**
 * Pointer code: a linked list of 1,024 nodes in shuffled order, walked alone and with a call a
 * node.
 */
public final class Walks {
  private Walks() {}

  public static final int NODES = 1024;

  /**
   * Builds the list in {@code area} (NODES * Node.SIZE bytes) with a fixed permutation; returns its
   * head.
   */
  public static long build(long area) {
    long next = 0;
    for (int i = 0; i < NODES; i++) {
      // 389 is coprime to 1024: every slot once, neighbours far apart.
      long address = area + (long) ((i * 389) & (NODES - 1)) * Node.SIZE;
      new Node(address).set(next, i);
      next = address;
    }
    return next;
  }

  public static long walk(long head) {
    long sum = 0;
    for (Node node = new Node(head); node != null; node = node.next()) {
      sum += node.value();
    }
    return sum;
  }

  public static long walkWithCalls(long head) {
    long sum = 0;
    for (Node node = new Node(head); node != null; node = node.next()) {
      sum = mix(sum, node);
    }
    return sum;
  }

  /**
   * A loop of a length that the node decides, so that the call is one the rewriter must be able to
   * stop in.
   */
  private static long mix(long sum, Node node) {
    long left = node.value() & 7;
    long mixed = sum;
    while (left > 0) {
      mixed = mixed * 31 + node.value();
      left--;
    }
    return mixed;
  }
}
